import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Agent, get } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { issueCertificate } from "../../components/local/authority.ts";
import { programPath } from "../../components/local/services.ts";
import { until } from "../../runner/runnerFixture.ts";
import { ensurePackages } from "../../tools/setup/ensurePackages.mjs";
import { ensureTestProgram } from "../../tools/setup/goProgram.mjs";
import { freePort } from "../bindings/freePort.ts";

const run = promisify(execFile);

/** pebble, an ACME server for tests, with a DNS server of its own, and lego as its client: what Let's Encrypt is to a fleet. */
export class AcmeServer {
  readonly dir = mkdtempSync(join(tmpdir(), "edge-acme-"));
  readonly #processes: ChildProcess[] = [];
  readonly #names: readonly string[];
  #ports = { directory: 0, management: 0, dns: 0, dnsManagement: 0 };

  /** @param names of the certificates that it will issue, the first one naming lego's files */
  constructor(names: readonly string[]) {
    this.#names = names;
  }

  async start(): Promise<void> {
    await ensurePackages(["lego", "curl"]);
    const [pebble, dns] = [await ensureTestProgram("pebble"), await ensureTestProgram("pebble-challtestsrv")];
    this.#ports = {
      directory: await freePort(),
      management: await freePort(),
      dns: await freePort(),
      dnsManagement: await freePort(),
    };
    const { directory, management, dns: dnsPort, dnsManagement } = this.#ports;
    const own = join(this.dir, "own.pem");
    await issueCertificate({
      names: ["localhost"],
      addresses: ["127.0.0.1"],
      authorityFile: join(this.dir, "own-ca.pem"),
      certificateFile: own,
    });
    const config = {
      listenAddress: `127.0.0.1:${directory}`,
      managementListenAddress: `127.0.0.1:${management}`,
      certificate: own,
      privateKey: own,
      httpPort: 5002,
      tlsPort: 5001,
      ocspResponderURL: "",
      externalAccountBindingRequired: false,
      profiles: { default: { description: "90 days", validityPeriod: 7_776_000 } },
    };
    writeFileSync(join(this.dir, "pebble.json"), JSON.stringify({ pebble: config }));
    writeFileSync(join(this.dir, "hook"), hook(dnsManagement), { mode: 0o700 });
    const servers = ["http01", "https01", "tlsalpn01", "doh"].flatMap((name) => [`-${name}`, ""]);
    this.#spawn(dns, ["-dnsserver", `127.0.0.1:${dnsPort}`, "-management", `127.0.0.1:${dnsManagement}`, ...servers]);
    this.#spawn(pebble, ["-config", join(this.dir, "pebble.json"), "-dnsserver", `127.0.0.1:${dnsPort}`]);
    await until("pebble answers", () =>
      this.#managed("/roots/0").then(
        () => true,
        () => false,
      ),
    );
  }

  /** Issues a certificate by DNS-01: PEM of it, its chain and its key. */
  async issue(): Promise<string> {
    await this.#lego("run");
    return this.#bundle();
  }

  async renew(): Promise<string> {
    await this.#lego("renew", "--days", "9999", "--no-random-sleep");
    return this.#bundle();
  }

  /** Revokes the newest certificate; gives what the server says of it. */
  async revoke(serial: string): Promise<string> {
    await this.#lego("revoke", "--keep");
    return JSON.parse(await this.#managed(`/cert-status-by-serial/${serial.toLowerCase()}`)).Status;
  }

  /** PEM of the root that has signed. */
  root(): Promise<string> {
    return this.#managed("/roots/0");
  }

  stop(): void {
    for (const child of this.#processes) child.kill("SIGKILL");
    rmSync(this.dir, { recursive: true });
  }

  #bundle(): string {
    const name = (this.#names[0] as string).replace("*", "_");
    return ["crt", "key"]
      .map((end) => readFileSync(join(this.dir, `lego/certificates/${name}.${end}`), "utf8"))
      .join("");
  }

  async #lego(...command: string[]): Promise<void> {
    const { directory, dns } = this.#ports;
    const args = [
      ...["--server", `https://localhost:${directory}/dir`, "--email", "a@edge.test", "--accept-tos"],
      ...["--path", join(this.dir, "lego"), "--dns", "exec", "--dns.disable-cp", "--dns.resolvers", `127.0.0.1:${dns}`],
      ...this.#names.flatMap((name) => ["--domains", name]),
    ];
    const env = {
      PATH: programPath().join(":"),
      LEGO_CA_CERTIFICATES: join(this.dir, "own-ca.pem"),
      EXEC_PATH: join(this.dir, "hook"),
      EXEC_SEQUENCE_INTERVAL: "1",
      EXEC_POLLING_INTERVAL: "1",
    };
    await run("lego", [...args, ...command], { env });
  }

  #spawn(program: string, args: readonly string[]): void {
    const env = { PEBBLE_VA_NOSLEEP: "1", PEBBLE_WFE_NONCEREJECT: "0" };
    this.#processes.push(spawn(program, args, { stdio: "ignore", env }));
  }

  #managed(path: string): Promise<string> {
    const agent = new Agent({ ca: readFileSync(join(this.dir, "own-ca.pem")) });
    return new Promise((resolve, reject) => {
      get(`https://localhost:${this.#ports.management}${path}`, { agent, family: 4 }, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk) => {
          text += chunk;
        });
        response.on("end", () => (response.statusCode === 200 ? resolve(text) : reject(new Error(text))));
      }).on("error", reject);
    });
  }
}

/** lego's own words: `present|cleanup <name> <value>`. */
function hook(management: number): string {
  const set = `curl -s -d "{\\"host\\":\\"$2\\",\\"value\\":\\"$3\\"}" http://127.0.0.1:${management}/set-txt`;
  const clear = `curl -s -d "{\\"host\\":\\"$2\\"}" http://127.0.0.1:${management}/clear-txt`;
  return `#!/bin/sh\ncase $1 in present) ${set};; cleanup) ${clear};; esac\n`;
}
