import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The machine's own; undefined where it has none. */
export const PROMETHEUS = ["/usr/bin/prometheus", "/usr/local/bin/prometheus", "/opt/homebrew/bin/prometheus"].find(
  existsSync,
);

/** The real program, which asks what listens at one port of this machine every second. */
export class TestPrometheus implements AsyncDisposable {
  readonly port: number;
  readonly #dir = mkdtempSync(join(tmpdir(), "edge-prometheus-"));
  readonly #child;
  readonly #ended: Promise<unknown>;

  constructor(port: number, target: number) {
    this.port = port;
    const config = {
      global: { scrape_interval: "1s", scrape_timeout: "1s" },
      scrape_configs: [
        { job_name: "runner", honor_labels: true, static_configs: [{ targets: [`127.0.0.1:${target}`] }] },
      ],
    };
    const file = join(this.#dir, "prometheus.yml");
    writeFileSync(file, JSON.stringify(config));
    const args = [
      `--config.file=${file}`,
      `--storage.tsdb.path=${this.#dir}/data`,
      `--web.listen-address=127.0.0.1:${port}`,
    ];
    this.#child = spawn(PROMETHEUS as string, args, { stdio: "ignore" });
    this.#ended = new Promise((resolve) => this.#child.once("close", resolve));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.#ended;
    rmSync(this.#dir, { recursive: true, force: true });
  }
}
