import { chmodSync, chownSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { RunnerConfig } from "../../runner/config.ts";
import { FOLDERS, GROUP_ID, USER_IDS } from "../../runner/image/layout.ts";
import { dockerRunArgs, type Service } from "../../runner/image/services.ts";
import { TestRunner, until } from "../../runner/runnerFixture.ts";
import type { ContainerEngine } from "./engine.ts";

export const IMAGE = "edge-runner:test";
const READY_WITHIN_MS = 30_000;
const ADMIN_PORT = 9901;

/** What a small node gives its two services. */
const SIZES = { runner: { memoryMb: 384, cpus: 1 }, sandbox: { memoryMb: 512, cpus: 1 } } as const;

/** A runner in two containers, as a node has it; releases and requests come from the host. */
export class ContainerRunner {
  readonly host: TestRunner;
  readonly #engine: ContainerEngine;
  readonly #configDir: string;

  constructor(engine: ContainerEngine, config: Partial<RunnerConfig> = {}) {
    this.#engine = engine;
    this.host = new TestRunner();
    const { dir } = this.host;
    this.#configDir = join(dir, "etc");
    for (const folder of ["node", "secrets", "state", "etc"]) mkdirSync(join(dir, folder));
    chmodSync(dir, 0o711);
    for (const folder of ["node", "state"]) chownSync(join(dir, folder), USER_IDS.runner, GROUP_ID);
    const inside: RunnerConfig = {
      ...this.host.config,
      data: `${FOLDERS.node.path}/data.sock`,
      control: `${FOLDERS.node.path}/control.sock`,
      admin: { host: "127.0.0.1", port: ADMIN_PORT },
      runDir: FOLDERS.run.path,
      releasesDir: "/var/lib/edge/releases",
      secretsDir: "/run/secrets/edge",
      stateDir: "/var/lib/edge/state",
      cacheDir: "/var/cache/edge",
      ...config,
    };
    writeFileSync(join(this.#configDir, "runner.json"), JSON.stringify(inside));
    Object.assign(this.host.config, { data: join(dir, "node/data.sock"), control: join(dir, "node/control.sock") });
  }

  async start(service: Service): Promise<void> {
    const { dir } = this.host;
    const runner = {
      network: "host",
      nodeVolume: join(dir, "node"),
      releasesDir: join(dir, "releases"),
      secretsDir: join(dir, "secrets"),
      stateDir: join(dir, "state"),
    };
    await this.#engine.docker(
      ...dockerRunArgs({
        service,
        image: IMAGE,
        name: service,
        runVolume: "edge-run",
        configDir: this.#configDir,
        seccompProfile: join(import.meta.dirname, "../../runner/seccomp.json"),
        ...SIZES[service],
        ...(service === "runner" ? { runner } : {}),
      }),
    );
  }

  async admin(path: string): Promise<string> {
    return (await fetch(`http://127.0.0.1:${ADMIN_PORT}${path}`)).text();
  }

  /** Waits until the router has this many workers. @throws Error with the last lines of both services. */
  async workersAre(count: number): Promise<void> {
    const seen = async () => JSON.parse(await this.admin("/readyz")).workers === count;
    try {
      await until(`${count} workers are connected`, () => seen().catch(() => false), READY_WITHIN_MS);
    } catch (error) {
      const logs = (["runner", "sandbox"] as const).map((service) => this.#engine.logs(service));
      throw new Error([(error as Error).message, ...(await Promise.all(logs))].join("\n\n"));
    }
  }

  inspect(service: Service, format: string): Promise<string> {
    return this.#engine.docker("inspect", "--format", format, service);
  }

  isHealthy(service: Service): Promise<void> {
    const healthy = async () => (await this.inspect(service, "{{.State.Health.Status}}")) === "healthy";
    return until(`${service} is healthy`, healthy, READY_WITHIN_MS);
  }

  /** Runs JavaScript in a container, as its user and under its profile. */
  run(service: Service, code: string): Promise<string> {
    return this.#engine.docker("exec", service, "/usr/local/bin/node", "--input-type=module", "--eval", code);
  }

  /** Ends a container's first process from outside, as a crash would. */
  async crash(service: Service): Promise<void> {
    process.kill(Number(await this.inspect(service, "{{.State.Pid}}")), "SIGKILL");
  }
}
