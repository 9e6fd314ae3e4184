/** A stand-in for the runner's control socket, for tests: takes releases as the runner does, runs nothing. */
import { once } from "node:events";
import { readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import type { ReleaseOrder, ReleaseVerdict } from "../release/control.ts";
import { sha256Hex, validateRelease, verifyModule } from "../release/manifest.ts";
import { stableManifests } from "../release/releasedFunction.ts";
import type { RunOrder, RunVerdict } from "../schedules/schedule.ts";
import type { SplitCounts } from "../traffic/armCounts.ts";

export class StandInRunner {
  /** Generation and release that it "serves". */
  active: ReleaseOrder | null = null;
  readonly orders: ReleaseOrder[] = [];
  /** Scheduled handlers that it was told to run; each "ends well". */
  readonly runs: RunOrder[] = [];
  /** Functions whose quarantine it was told to end. */
  readonly lifted: string[] = [];
  /** What it "has counted" of splits. */
  splits: Readonly<Record<string, SplitCounts>> = {};
  /** What it found wrong with folders that it was told to serve. */
  readonly faults: string[] = [];
  /** Functions whose source has this word are refused. */
  readonly refusedWord = "throw";
  readonly #releasesDir: string;
  readonly #socketPath: string;
  #server: Server | null = null;
  /** Of what it "serves". */
  #functions: ReleaseVerdict["functions"] = {};

  constructor(releasesDir: string, socketPath: string) {
    this.#releasesDir = releasesDir;
    this.#socketPath = socketPath;
  }

  async start(): Promise<void> {
    this.#server = createServer(async (request, response) => {
      const chunks = await request.toArray();
      const [status, body] =
        request.method === "POST"
          ? await this.#hear(request.url, JSON.parse(Buffer.concat(chunks).toString()))
          : [200, { generation: null, release: null, ...this.active, functions: this.#functions, splits: this.splits }];
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    });
    await rm(this.#socketPath, { force: true });
    this.#server.listen(this.#socketPath);
    await once(this.#server, "listening");
  }

  async stop(): Promise<void> {
    this.#server?.closeAllConnections();
    await new Promise((done) => (this.#server === null ? done(null) : this.#server.close(done)));
    this.#server = null;
  }

  /** As a restarted runner that boots from `active`. */
  async boot(): Promise<void> {
    const text = await readFile(join(this.#releasesDir, "active"), "utf8").catch(() => null);
    this.active = null;
    if (text === null) return;
    const { generation, release } = JSON.parse(text);
    const verdict = await this.#check(release);
    this.#functions = verdict.functions;
    if (verdict.status === "active") this.active = { generation, release };
    else this.faults.push(`boot: ${verdict.reason}`);
  }

  #hear(path: string | undefined, order: ReleaseOrder & RunOrder): Promise<[number, ReleaseVerdict | RunVerdict]> {
    if (path === "/releases") return this.#take(order);
    const [, name] = /^\/functions\/(.+)$/.exec(path ?? "") ?? [];
    if (name !== undefined) {
      this.lifted.push(name);
      return Promise.resolve([200, { status: "active", functions: {} }]);
    }
    this.runs.push(order);
    return Promise.resolve([200, { outcome: "ok" }]);
  }

  async #take(order: ReleaseOrder): Promise<[number, ReleaseVerdict]> {
    this.orders.push(order);
    const verdict = await this.#check(order.release);
    if (verdict.status === "refused") return [422, verdict];
    this.active = order;
    this.#functions = verdict.functions;
    return [200, verdict];
  }

  async #check(number: number): Promise<ReleaseVerdict> {
    const folder = join(this.#releasesDir, String(number));
    const functions: Record<string, ReleaseVerdict["functions"][string]> = {};
    let status: ReleaseVerdict["status"] = "active";
    try {
      const release = validateRelease(JSON.parse(await readFile(join(folder, "release.json"), "utf8")));
      for (const { name, version, modules } of stableManifests(release.functions)) {
        functions[name] = { version, status: "active" };
        for (const ref of modules) {
          const bytes = await readFile(join(folder, "modules", ref.sha256));
          verifyModule(ref, bytes);
          if (!bytes.includes(this.refusedWord)) continue;
          status = "refused";
          functions[name] = {
            version,
            status: "refused",
            reason: `index.mjs:1 throws (${sha256Hex(bytes).slice(0, 4)})`,
          };
        }
      }
      return { status, functions };
    } catch (error) {
      this.faults.push((error as Error).message);
      return { status: "refused", reason: (error as Error).message, functions };
    }
  }
}
