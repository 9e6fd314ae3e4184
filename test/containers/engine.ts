import { type ChildProcess, execFile, spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { until } from "../../runner/runnerFixture.ts";
import { ensureCompose } from "../../tools/setup/compose.mjs";
import { ensurePackages } from "../../tools/setup/ensurePackages.mjs";
import { toolsDirOf } from "../../tools/setup/paths.mjs";

const run = promisify(execFile);
const DOCKER = "/usr/bin/docker";
const DOCKERD = "/usr/sbin/dockerd";
const OUTPUT_BYTES_MAX = 16 * 1024 * 1024;

/** A Docker engine of the test's own: its socket, images and containers are in a folder that goes with it. */
export class ContainerEngine {
  readonly dir = mkdtempSync(join(tmpdir(), "edge-engine-"));
  readonly #socket = `unix://${join(this.dir, "docker.sock")}`;
  #process: ChildProcess | undefined;
  #compose: string[] | undefined;

  /** Environment in which `docker` is this engine's client. */
  get env(): NodeJS.ProcessEnv {
    const path = `${dirname(DOCKER)}:${process.env.PATH}`;
    return { ...process.env, PATH: path, DOCKER_HOST: this.#socket, DOCKER_BUILDKIT: "1", DOCKER_CONFIG: this.dir };
  }

  async start(): Promise<void> {
    await ensurePackages(["docker.io", "mmdebstrap"]);
    const log = openSync(join(this.dir, "dockerd.log"), "a");
    // Without a bridge: nothing of the machine's network is changed.
    const args = ["--host", this.#socket, "--bridge", "none", "--iptables=false", "--ip6tables=false"];
    const folders = { "--data-root": "data", "--exec-root": "exec", "--pidfile": "pid" };
    const paths = Object.entries(folders).flatMap(([option, name]) => [option, join(this.dir, name)]);
    this.#process = spawn(DOCKERD, [...args, ...paths], { stdio: ["ignore", log, log] });
    closeSync(log);
    await until("the container engine answers", () =>
      this.docker("version").then(
        () => true,
        () => false,
      ),
    ).catch((error: Error) => {
      throw new Error(`${error.message}\n${readFileSync(join(this.dir, "dockerd.log"), "utf8").slice(-2_000)}`);
    });
  }

  /** The last lines that a container wrote, of both its outputs. */
  async logs(container: string): Promise<string> {
    const { stdout, stderr } = await this.#run(["logs", "--tail", "20", container]);
    return `${container}:\n${stdout}${stderr}`;
  }

  /** @returns what the command printed. @throws Error with what it complained about. */
  async docker(...args: string[]): Promise<string> {
    return (await this.#run(args)).stdout.trim();
  }

  /** Removes all containers, then ends the engine by its own pid. */
  async stop(): Promise<void> {
    const engine = this.#process;
    if (engine !== undefined && engine.exitCode === null) {
      const containers = (await this.docker("ps", "-aq").catch(() => "")).split("\n").filter(Boolean);
      if (containers.length > 0) await this.docker("rm", "-f", "-v", ...containers).catch(() => {});
      const gone = new Promise((resolve) => engine.once("exit", resolve));
      engine.kill("SIGTERM");
      await gone;
    }
    // The engine leaves its network namespaces mounted.
    for (const path of this.#mounts()) await run("umount", [path]).catch(() => {});
    rmSync(this.dir, { recursive: true, force: true, maxRetries: 5 });
  }

  /** Brings a base image with this Node, made from Debian's packages: no image can be pulled here. Kept between runs. */
  importBase(tag: string): Promise<void> {
    const copyNode = `--customize-hook=copy-in ${process.execPath} /usr/local/bin`;
    return this.#importDebian(tag, `node-${process.version}`, ["libstdc++6", "libatomic1"], copyNode);
  }

  /** The same with the programs of a node beside the runner. */
  importPrograms(tag: string): Promise<void> {
    const packages = [
      ...["haproxy", "ca-certificates", "varnish", "gcc", "libc6-dev"],
      ...["prometheus-varnish-exporter", "prometheus-node-exporter", "wget"],
    ];
    // As its own image calls it.
    const link = '--customize-hook=ln -s /usr/bin/prometheus-node-exporter "$1/usr/local/bin/node_exporter"';
    return this.#importDebian(tag, "programs-2", packages, link);
  }

  /** The same with the programs that judge what a machine boots from. */
  importJudges(tag: string): Promise<void> {
    return this.#importDebian(tag, "judges", ["cloud-init", "shellcheck", "systemd"], "--customize-hook=true");
  }

  async #importDebian(tag: string, name: string, packages: readonly string[], hook: string): Promise<void> {
    const archive = join(toolsDirOf(process.env), "containers", `debian-${name}.tar`);
    if (!existsSync(archive)) {
      mkdirSync(dirname(archive), { recursive: true });
      const making = `${archive}.${process.pid}.tar`;
      const args = ["--variant=essential", `--include=${packages.join(",")}`, hook, "bookworm", making];
      await run("mmdebstrap", args, { maxBuffer: OUTPUT_BYTES_MAX });
      renameSync(making, archive);
    }
    await this.docker("import", archive, tag);
  }

  /** Runs Docker Compose on a file. @returns what it printed. @throws Error with what it complained about. */
  async compose(file: string, ...args: string[]): Promise<string> {
    this.#compose ??= await ensureCompose();
    const [program, ...before] = this.#compose as [string, ...string[]];
    return (await this.#run([...before, "--file", file, ...args], program)).stdout.trim();
  }

  #mounts(): string[] {
    const points = readFileSync("/proc/self/mounts", "utf8")
      .split("\n")
      .map((line) => line.split(" ")[1] ?? "");
    return points.filter((path) => path.startsWith(`${this.dir}/`)).reverse();
  }

  #run(args: readonly string[], program = DOCKER): Promise<{ stdout: string; stderr: string }> {
    return run(program, [...args], { env: this.env, maxBuffer: OUTPUT_BYTES_MAX });
  }
}
