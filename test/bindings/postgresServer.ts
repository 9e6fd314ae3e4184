import { type ChildProcess, execFile, type StdioOptions, spawn } from "node:child_process";
import {
  chmodSync,
  chownSync,
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { issueCertificate } from "../../components/local/authority.ts";
import { until } from "../../runner/runnerFixture.ts";
import { ensurePackages } from "../../tools/setup/ensurePackages.mjs";
import { freePort } from "./freePort.ts";

const run = promisify(execFile);
const PASSWORD = "p%40ss wörd";
/** PostgreSQL refuses to run as root. */
const NOBODY = 65_534;
const AS_NOBODY = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};

const SETTINGS = [
  ["listen_addresses", "127.0.0.1"],
  ["fsync", "off"],
  ["shared_buffers", "16MB"],
  ["max_connections", "20"],
  ["ssl", "on"],
  ["log_min_messages", "fatal"],
] as const;

/** A PostgreSQL server of the test's own, with TLS; all of it is in a folder that goes with it. */
export class PostgresServer {
  readonly dir = mkdtempSync(join(tmpdir(), "edge-postgres-"));
  port = 0;
  #process: ChildProcess | undefined;

  async start(): Promise<void> {
    await ensurePackages(["postgresql"]);
    const data = join(this.dir, "data");
    await issueCertificate({
      names: ["db.test"],
      addresses: ["127.0.0.1"],
      authorityFile: join(this.dir, "ca.pem"),
      certificateFile: join(this.dir, "server.pem"),
    });
    writeFileSync(join(this.dir, "password"), decodeURIComponent(PASSWORD));
    own(this.dir, 0o755);
    for (const name of ["server.pem", "password"]) own(join(this.dir, name), 0o600);
    const password = ["--auth-host=scram-sha-256", "--auth-local=trust", `--pwfile=${join(this.dir, "password")}`];
    await run(
      join(programs(), "initdb"),
      ["-D", data, "-U", "postgres", "-E", "UTF8", "--no-locale", "-N", ...password],
      {
        ...AS_NOBODY,
        cwd: this.dir,
      },
    );
    this.port = await freePort();
    await this.boot();
    await this.sql(`CREATE ROLE app LOGIN PASSWORD '${decodeURIComponent(PASSWORD)}'`);
    await this.sql("CREATE DATABASE orders OWNER app");
  }

  /** Starts it on its data, which may be those of one that was killed. */
  async boot(): Promise<void> {
    const files = { ssl_cert_file: "server.pem", ssl_key_file: "server.pem" };
    const settings = [
      ...SETTINGS,
      ["port", `${this.port}`],
      ["unix_socket_directories", this.dir],
      ...Object.entries(files).map(([key, name]) => [key, join(this.dir, name)]),
    ].flatMap(([key, value]) => ["-c", `${key}=${value}`]);
    const args = ["-D", join(this.dir, "data"), ...settings];
    const log = openSync(join(this.dir, "log"), "a");
    const stdio: StdioOptions = ["ignore", log, log];
    this.#process = spawn(join(programs(), "postgres"), args, { ...AS_NOBODY, cwd: this.dir, stdio });
    closeSync(log);
    await until("PostgreSQL answers", () =>
      this.sql("SELECT 1").then(
        () => true,
        () => false,
      ),
    );
  }

  /** As the owner of the server. @returns what psql prints, without alignment. */
  async sql(text: string, database = "postgres"): Promise<string> {
    const args = ["-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", this.dir, "-p", `${this.port}`, "-U", "postgres"];
    const { stdout } = await run(join(programs(), "psql"), [...args, "-d", database, "-c", text]);
    return stdout.trim();
  }

  /** URL of a role over TCP. */
  url({ user = "app", host = "127.0.0.1", database = "orders", password = PASSWORD } = {}): string {
    return `postgres://${user}:${encodeURI(password).replaceAll("%2540", "%40")}@${host}:${this.port}/${database}`;
  }

  get ca(): string {
    return readFileSync(join(this.dir, "ca.pem"), "utf8");
  }

  /** Takes its processes away at once. */
  async kill(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined) return;
    const gone = new Promise((resolve) => child.once("close", resolve));
    // Immediate shutdown: its processes end as in a crash, none is left behind.
    child.kill("SIGQUIT");
    await gone;
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.dir, { recursive: true, force: true });
  }
}

function own(path: string, mode: number): void {
  chmodSync(path, mode);
  if (AS_NOBODY.uid !== undefined) chownSync(path, NOBODY, NOBODY);
}

/** Folder of the newest version that is installed. */
function programs(): string {
  const versions = readdirSync("/usr/lib/postgresql").sort((a, b) => Number(b) - Number(a));
  return join("/usr/lib/postgresql", versions[0] as string, "bin");
}
