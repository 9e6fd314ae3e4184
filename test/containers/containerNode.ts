import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DEFAULT_SIZE } from "../../components/config/schema.ts";
import { containerModule } from "../../components/functions/containerModule.ts";
import { issueCertificate } from "../../components/local/authority.ts";
import { peerName } from "../../components/node/certificates.ts";
import { type ContainerNodeArgs, renderContainerNode } from "../../components/node/containers/containerNode.ts";
import { type ContainerFunction, functionHost } from "../../components/node/containers/functions.ts";
import type { NodeImages } from "../../components/node/containers/images.ts";
import { DATA_FOLDERS } from "../../components/node/containers/layout.ts";
import type { ServiceName } from "../../components/node/containers/limits.ts";
import { GROUP_ID, USER_IDS } from "../../runner/image/layout.ts";
import type { FunctionLimits } from "../../runner/limits.ts";
import { functionOf, publishRelease } from "../../runner/release/fixtures.ts";
import { FolderStore } from "../../runner/release/folderStore.ts";
import { functionVersion } from "../../runner/release/manifest.ts";
import { until } from "../../runner/runnerFixture.ts";
import type { ContainerEngine } from "./engine.ts";

const ROOT = join(import.meta.dirname, "../..");
const ADDRESS = "127.0.77.1";
const PORTS = {
  https: 8443,
  http: 8080,
  peers: 8444,
  haproxyMetrics: 8404,
  varnishMetrics: 9131,
  runnerAdmin: 9464,
  agentAdmin: 9465,
};

type NodeService = ServiceName | `fn-${string}`;

/** Somebody's image as a function. */
export const BOX: ContainerFunction = {
  name: "box",
  image: "edge-box:test",
  port: 8000,
  cpus: 0.5,
  memoryMb: 160,
  health: ["node", "--eval", "fetch('http://127.0.0.1:8000/').then(({ ok }) => process.exit(ok ? 0 : 1))"],
  env: {},
};

export interface NodeAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** Builds the node's images, of the Dockerfiles that ship, on bases that can be made here. By their ids. */
export async function buildImages(engine: ContainerEngine): Promise<NodeImages & { readonly box: string }> {
  const bases = { node: "node:26-slim", programs: "edge-test/programs:1" };
  await engine.importBase(bases.node);
  await engine.importPrograms(bases.programs);
  const build = async (tag: string, file: string, context: string, args: Readonly<Record<string, string>>) => {
    const pairs = Object.entries(args).flatMap(([name, value]) => ["--build-arg", `${name}=${value}`]);
    await engine.docker(
      "build",
      "--quiet",
      "--network",
      "none",
      "--file",
      join(ROOT, file),
      ...pairs,
      "--tag",
      tag,
      context,
    );
    return engine.docker("inspect", "--format", "{{.Id}}", tag);
  };
  const varnish = "components/node/containers/varnish";
  const programs = await engine.docker("inspect", "--format", "{{.Id}}", bases.programs);
  return {
    haproxy: programs,
    varnish: await build("edge-varnish:test", `${varnish}/Dockerfile`, join(ROOT, varnish), {
      BASE: bases.programs,
      EXPORTER_BASE: bases.programs,
    }),
    runner: await build("edge-runner:test", "runner/Dockerfile", ROOT, { BASE: bases.node, PACKAGES: "context" }),
    "node-exporter": programs,
    box: await build("edge-box:test", "test/containers/box.Dockerfile", join(ROOT, "test/containers"), {
      BASE: bases.node,
    }),
  };
}

/** A node in containers, by the `compose.yaml` that a machine gets; requests come in at the door. */
export class ContainerNode {
  readonly dir = mkdtempSync(join(tmpdir(), "edge-node-"));
  readonly #engine: ContainerEngine;
  readonly #file = join(this.dir, "bundle/compose.yaml");
  readonly #data = join(this.dir, "data");
  readonly ports = PORTS;

  constructor(engine: ContainerEngine) {
    this.#engine = engine;
    chmodSync(this.dir, 0o711);
    for (const [name, mode] of Object.entries(DATA_FOLDERS)) {
      mkdirSync(join(this.#data, name), { recursive: true });
      chmodSync(join(this.#data, name), mode);
    }
    chmodSync(this.#data, 0o711);
    this.#giveData();
  }

  /** Gives all that is in the data folder to the user that a machine's is. */
  #giveData(): void {
    for (const entry of readdirSync(this.#data, { recursive: true, encoding: "utf8" })) {
      chownSync(join(this.#data, entry), USER_IDS.runner, GROUP_ID);
    }
  }

  async start(
    images: NodeImages,
    machine: { vcpus: number; memoryMb: number },
    functions: readonly ContainerFunction[],
  ): Promise<void> {
    const args: ContainerNodeArgs = {
      node: {
        ...{ name: "test-node", region: "eu-test-1", domain: "edge.test", address: ADDRESS, ports: PORTS },
        // A budget large enough that the kernel, and not the supervisor, meets what eats memory.
        size: { ...DEFAULT_SIZE, workers: 2, privateWorkers: 1, workerRssMb: 4_096, cacheMb: 32 },
        ...{ loadBalancers: [], siblings: [], cloud: null, regions: [], resolver: null, origins: [], containers: [] },
        ...{ cache: { staticPaths: [] }, issuers: [], postgres: [], redis: [], countryMap: false },
      },
      machine: { ...machine, data: this.#data, adminAddress: ADDRESS },
      images,
      functions,
    };
    const bundle = dirname(this.#file);
    for (const [name, text] of Object.entries(renderContainerNode(args))) {
      mkdirSync(dirname(join(bundle, name)), { recursive: true });
      writeFileSync(join(bundle, name), text);
    }
    copyFileSync(join(ROOT, "runner/seccomp.json"), join(bundle, "seccomp.json"));
    for (const [certificate, authority, names] of [
      ["fleet.pem", join(this.dir, "ca.pem"), ["edge.test", "*.edge.test"]],
      ["peers.pem", join(this.#data, "certificates/peers-ca.pem"), [peerName("edge.test")]],
    ] as const) {
      const certificateFile = join(this.#data, "certificates", certificate);
      await issueCertificate({ names, addresses: [ADDRESS], authorityFile: authority, certificateFile });
      for (const file of [certificateFile, authority]) chmodSync(file, 0o640);
    }
    this.#giveData();
    await this.compose("up", "--detach", "--pull", "never", "--quiet-pull").catch(async (error: Error) => {
      throw new Error(`${error.message}\n${await this.logs()}`);
    });
  }

  compose(...args: string[]): Promise<string> {
    return this.#engine.compose(this.#file, ...args);
  }

  async logs(): Promise<string> {
    return this.compose("logs", "--no-color", "--tail", "15").catch((error: Error) => error.message);
  }

  async inspect(service: NodeService, format: string): Promise<string> {
    return this.#engine.docker("inspect", "--format", format, `edge-${service}-1`);
  }

  /** Runs a command in a container, as its user and with its limits. */
  exec(service: NodeService, ...command: string[]): Promise<string> {
    return this.#engine.docker("exec", `edge-${service}-1`, ...command);
  }

  /** Runs JavaScript in a container of the runner's image. */
  run(service: "runner" | "sandbox" | "agent", code: string): Promise<string> {
    return this.exec(service, "/usr/local/bin/node", "--no-warnings", "--input-type=module", "--eval", code);
  }

  /** Ends a container's first process from outside, as a crash would. */
  async crash(service: ServiceName): Promise<void> {
    process.kill(Number(await this.inspect(service, "{{.State.Pid}}")), "SIGKILL");
  }

  /** Waits, and tells what all services wrote last when it was in vain. */
  async waits(what: string, condition: () => Promise<boolean>): Promise<void> {
    try {
      await until(what, () => condition().catch(() => false));
    } catch (error) {
      throw new Error(`${(error as Error).message}\n\n${await this.logs()}`);
    }
  }

  async admin(path: string, port: number = PORTS.runnerAdmin): Promise<string> {
    return (await fetch(`http://${ADDRESS}:${port}${path}`)).text();
  }

  workersAre(count: number): Promise<void> {
    return this.waits(
      `${count} workers are connected`,
      async () => JSON.parse(await this.admin("/readyz")).workers === count,
    );
  }

  /** Processor time that a container has had. */
  async cpuMs(service: NodeService): Promise<number> {
    const pid = await this.inspect(service, "{{.State.Pid}}");
    const group = /^\d+:(?:\S*,)?cpuacct(?:,\S*)?:(\S+)$/m.exec(readFileSync(`/proc/${pid}/cgroup`, "utf8"))?.[1];
    if (group !== undefined) return Number(readFileSync(`/sys/fs/cgroup/cpuacct${group}/cpuacct.usage`, "utf8")) / 1e6;
    const [, unified = ""] = /^0::(\S+)$/m.exec(readFileSync(`/proc/${pid}/cgroup`, "utf8")) ?? [];
    const stat = readFileSync(`/sys/fs/cgroup${unified}/cpu.stat`, "utf8");
    return Number(/^usage_usec (\d+)$/m.exec(stat)?.[1]) / 1e3;
  }

  async restart(service: NodeService): Promise<void> {
    await this.compose("restart", "--timeout", "1", service);
  }

  /** Publishes a release of these modules by name, and of containers; the agent brings it to the runner. */
  async deploy(
    modules: Readonly<Record<string, string>>,
    containers: readonly ContainerFunction[],
    limits: Readonly<Record<string, Partial<FunctionLimits>>>,
  ): Promise<void> {
    const sources = {
      ...modules,
      ...Object.fromEntries(
        containers.map((wish) => [wish.name, containerModule({ ...wish, host: functionHost(wish) })]),
      ),
    };
    const built = Object.entries(sources).map(([name, code]) => functionOf(name, code));
    const functions = built.map(({ manifest: { version: _, ...manifest } }) => {
      const content = { ...manifest, limits: { ...manifest.limits, ...limits[manifest.name] } };
      return { ...content, version: functionVersion(content) };
    });
    const bytes = new Map(built.map(({ manifest, bytes }) => [manifest.modules[0]?.sha256, bytes]));
    await publishRelease(new FolderStore(join(this.#data, "store")), {
      functions,
      modules: (sha256) => bytes.get(sha256) ?? Buffer.alloc(0),
      createdBy: "a test",
      reason: "test",
    });
    this.#giveData();
  }

  /** One request through the door, with TLS, on a connection of its own. */
  fetch(
    path: string,
    { method = "GET", body }: { readonly method?: string; readonly body?: string } = {},
  ): Promise<NodeAnswer> {
    const ca = readFileSync(join(this.dir, "ca.pem"));
    const { https: port } = PORTS;
    const options = { host: ADDRESS, port, path, method, ca, servername: "edge.test", agent: false };
    return new Promise((resolve, reject) => {
      const sent = request({ ...options, headers: { host: `edge.test:${port}` } }, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk) => {
          text += chunk;
        });
        response.once("error", reject);
        response.once("end", () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
        );
      });
      sent.once("error", reject);
      sent.end(body);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.compose("down", "--volumes", "--timeout", "1").catch(() => {});
    rmSync(this.dir, { recursive: true, force: true });
  }
}
