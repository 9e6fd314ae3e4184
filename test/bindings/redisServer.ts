import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { issueCertificate } from "../../components/local/authority.ts";
import { until } from "../../runner/runnerFixture.ts";
import { ensurePackages } from "../../tools/setup/ensurePackages.mjs";
import { freePort } from "./freePort.ts";

const PASSWORD = "s3cret/p";
/** A user that may do next to nothing. */
const GUEST = ["guest", "on", ">guest", "~*", "+ping", "+get"];

/** A Redis server of the test's own, with TLS beside; all of it is in a folder that goes with it. */
export class RedisServer {
  readonly dir = mkdtempSync(join(tmpdir(), "edge-redis-"));
  port = 0;
  tlsPort = 0;
  #process: ChildProcess | undefined;

  async start(): Promise<void> {
    await ensurePackages(["redis-server"]);
    await issueCertificate({
      names: ["redis.test"],
      addresses: ["127.0.0.1"],
      authorityFile: join(this.dir, "ca.pem"),
      certificateFile: join(this.dir, "server.pem"),
    });
    this.port = await freePort();
    this.tlsPort = await freePort();
    await this.boot();
  }

  /** Starts it on its data, which may be those of one that was killed. */
  async boot(): Promise<void> {
    const options = {
      bind: "127.0.0.1",
      port: `${this.port}`,
      "tls-port": `${this.tlsPort}`,
      "tls-cert-file": join(this.dir, "server.pem"),
      "tls-key-file": join(this.dir, "server.pem"),
      "tls-ca-cert-file": join(this.dir, "ca.pem"),
      "tls-auth-clients": "no",
      unixsocket: join(this.dir, "socket"),
      requirepass: PASSWORD,
      dir: this.dir,
      appendonly: "yes",
      save: "",
      maxmemory: "200mb",
      logfile: join(this.dir, "log"),
    };
    const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
    args.push("--user", ...GUEST);
    this.#process = spawn("redis-server", args, { stdio: "ignore" });
    await until("Redis answers", () => this.#isUp());
  }

  url({ tls = false, host = "127.0.0.1", password = PASSWORD, database = 0 } = {}): string {
    const scheme = tls ? "rediss" : "redis";
    return `${scheme}://:${encodeURIComponent(password)}@${host}:${tls ? this.tlsPort : this.port}/${database}`;
  }

  get ca(): string {
    return readFileSync(join(this.dir, "ca.pem"), "utf8");
  }

  /** Holds its answers back. */
  pause(isPaused: boolean): void {
    this.#process?.kill(isPaused ? "SIGSTOP" : "SIGCONT");
  }

  async kill(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined) return;
    const gone = new Promise((resolve) => child.once("close", resolve));
    child.kill("SIGKILL");
    await gone;
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.dir, { recursive: true, force: true });
  }

  #isUp(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connect(this.port, "127.0.0.1", () => socket.write(`AUTH ${PASSWORD}\r\nPING\r\n`));
      let heard = "";
      socket.on("data", (chunk) => {
        heard += chunk;
        if (!/PONG|-/.test(heard)) return;
        socket.destroy();
        resolve(heard.includes("PONG"));
      });
      socket.on("error", () => resolve(false));
    });
  }
}
