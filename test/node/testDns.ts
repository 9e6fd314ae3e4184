import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DnsRegion, renderGdnsd, renderNetworks, renderZone } from "../../components/dns/gdnsd.ts";
import { programPath } from "../../components/local/services.ts";

/** The fleet's own DNS as it is rendered, on an address of its own. */
export class TestDns implements AsyncDisposable {
  static readonly port = 5300;
  readonly #dir = mkdtempSync(join(tmpdir(), "edge-dns-"));
  readonly #process: ChildProcess;

  constructor(fleet: { address: string; domain: string; healthPort: number; regions: readonly DnsRegion[] }) {
    const { address, domain, healthPort, regions } = fleet;
    const args = {
      domain,
      listen: { address, port: TestDns.port },
      regions,
      defaultRegion: regions[0]?.name ?? "",
      healthPort,
      etcDir: this.#dir,
      runDir: this.#dir,
    };
    mkdirSync(join(this.#dir, "gdnsd/zones"), { recursive: true });
    writeFileSync(join(this.#dir, "gdnsd/config"), renderGdnsd(args));
    writeFileSync(join(this.#dir, "gdnsd/networks"), renderNetworks(args, []));
    writeFileSync(join(this.#dir, `gdnsd/zones/${domain}`), renderZone(args));
    this.#process = spawn("gdnsd", ["-c", join(this.#dir, "gdnsd"), "start"], {
      env: { PATH: programPath().join(":") },
      stdio: "ignore",
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode === null) {
      this.#process.kill("SIGTERM");
      await once(this.#process, "exit");
    }
    rmSync(this.#dir, { recursive: true });
  }
}
