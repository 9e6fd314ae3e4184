import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import { leaseName } from "../../runner/agent/schedules/leaseName.ts";
import { FolderLeases } from "../../runner/release/folderLeases.ts";
import { LEASE_SCHEMA } from "../../runner/release/leases.ts";
import { type Checkout, REGIONS } from "../checkout.ts";
import { request, until } from "../client.ts";
import { processesOf } from "../leftovers.ts";

const SECRET = "hunter2-of-the-fleet";
const API_KEY = "a-key-of-128-bits-or-more";
const KEYED = `export default {
  fetch: (request: Request, env: Record<string, string>) =>
    new Response([request.method, new URL(request.url).hostname, [...(env.KEY ?? "")].reverse().join("")].join(" ")),
};
`;

/** Once a year: only a run that was missed, and is made up, comes while the test runs. */
const YEARLY = { cron: "0 0 1 1 *", scope: "region" } as const;
const STORED = `export default {
  async scheduled(event: any, env: any) { await env.NOTES.put("fencing", String(event.fencing)); },
  async fetch(request: Request, env: any) {
    await env.DB.exec("CREATE TABLE IF NOT EXISTS hits (path TEXT)");
    await env.DB.prepare("INSERT INTO hits VALUES (?)").bind(new URL(request.url).pathname).run();
    const hits = await env.DB.prepare("SELECT count(*) AS n FROM hits").first("n");
    const page = await env.ASSETS.fetch(new URL("/stored/note.txt", request.url));
    const answer = { fencing: await env.NOTES.get("fencing"), hits, note: await page.text() };
    return Response.json(answer, { headers: { "cache-control": "no-store" } });
  },
};
`;

/** Adds functions with all kinds of config to a fleet that does not run yet, all but a secret. */
export async function addConfigured(checkout: Checkout): Promise<void> {
  fs.writeFileSync(path.join(checkout.dir, "functions/keyed.ts"), KEYED);
  fs.writeFileSync(path.join(checkout.dir, "functions/stored.ts"), STORED);
  fs.mkdirSync(path.join(checkout.dir, "functions/stored.assets/stored"), { recursive: true });
  fs.writeFileSync(path.join(checkout.dir, "functions/stored.assets/stored/note.txt"), "an asset");
  checkout.setConfig(["edge-fleet:functions", "stored"], {
    routes: ["/stored/*"],
    schedules: [YEARLY],
    bindings: { NOTES: { kv: "stored" }, DB: { sql: "stored" } },
  });
  fs.mkdirSync(path.join(checkout.stateDir, "store"), { recursive: true, mode: 0o700 });
  const leases = new FolderLeases(path.join(checkout.stateDir, "store/leases"));
  const missed = { schema: LEASE_SCHEMA, generation: 41, holder: "gone", timeMs: 0, attempt: 1, beat: 0 } as const;
  for (const region of REGIONS) {
    await leases.compareAndSwapLease(leaseName("stored", YEARLY, { node: "", region }), null, {
      ...missed,
      state: "over",
    });
  }
  fs.writeFileSync(path.join(checkout.dir, "functions/guarded.ts"), KEYED);
  const apiKeys = { tester: createHash("sha256").update(API_KEY).digest("hex") };
  checkout.setConfig(["edge-fleet:functions", "guarded"], { policies: { apiKeys } });
  checkout.setConfig(["edge-fleet:functions", "keyed"], {
    routes: ["GET,POST /keyed", { path: "/keyed/*", host: "*.edge.test", methods: ["PUT"], priority: 5 }],
    secrets: { KEY: "payments-key" },
  });
}

/** Brings the fleet up, and tells what the config of its functions does. */
export function functionConfig(checkout: Checkout): void {
  const secretFile = path.join(checkout.stateDir, "secrets/payments-key");

  describe("a function's config", () => {
    it("is refused in the preview while its secret is missing, with file and remedy", async () => {
      const { code, output } = await checkout.npm("start");
      assert.notEqual(code, 0);
      assert.match(
        output,
        /the secret payments-key \(KEY of keyed\): .*secrets\/payments-key is not there; write the value to it/,
      );
    });

    it("brings the secret and its routes to every region", async () => {
      fs.mkdirSync(path.dirname(secretFile), { recursive: true, mode: 0o700 });
      fs.writeFileSync(secretFile, `${SECRET}\n`, { mode: 0o600 });
      const { code, output } = await checkout.npm("start");
      assert.equal(code, 0, output);
      assert.match(output, /keyed +GET,POST \/keyed {2}PUT \*\.edge\.test\/keyed\/\* \(priority 5\)/);
      const reversed = [...SECRET].reverse().join("");
      for (const region of ["ap-northeast-1", "us-east-1"] as const) {
        assert.equal(
          (await request(checkout, region, "/keyed", { method: "POST" })).body,
          `POST edge.test ${reversed}`,
        );
        const headers = { ":authority": `tenant.edge.test:${checkout.ports.https}` };
        const put = await request(checkout, region, "/keyed/x", { method: "PUT", headers });
        assert.equal(put.body, `PUT tenant.edge.test ${reversed}`);
      }
    });

    it("answers a method that no route takes with those that one does", async () => {
      const { status, headers } = await request(checkout, "us-east-1", "/keyed", { method: "DELETE" });
      assert.equal(status, 405);
      assert.equal(headers.allow, "GET, HEAD, POST");
    });

    it("has its policies asked in every region", async () => {
      for (const region of ["ap-northeast-1", "eu-central-1"] as const) {
        const refused = await request(checkout, region, "/guarded");
        assert.deepEqual([refused.status, refused.headers["x-edge-error"]], [401, "ERR_API_KEY"]);
        const { status, body } = await request(checkout, region, "/guarded", { headers: { "x-api-key": API_KEY } });
        assert.deepEqual([status, body], [200, "GET edge.test "]);
      }
    });

    it("leaves the secret in no state, no release, no log, no environment and no argument", () => {
      const files = fs
        .readdirSync(checkout.stateDir, { withFileTypes: true, recursive: true })
        .filter((entry) => entry.isFile())
        .map((entry) => path.join(entry.parentPath, entry.name))
        .filter((file) => file !== secretFile);
      assert.ok(files.length > 50);
      const pids = processesOf(`${checkout.stateDir}/nodes`).map((line) => line.split(":")[0]);
      assert.ok(pids.length > 10);
      const facts = pids.flatMap((pid) => [`/proc/${pid}/cmdline`, `/proc/${pid}/environ`]);
      for (const file of [...files, ...facts]) {
        assert.ok(!contentOf(file).includes("hunter2"), file);
      }
    });

    it("is refused in the preview when two functions claim the same requests, naming both", async () => {
      const config = fs.readFileSync(checkout.configFile);
      checkout.setConfig(["edge-fleet:functions", "geo"], { routes: ["POST /keyed"] });
      const { code, output } = await checkout.npm("start");
      fs.writeFileSync(checkout.configFile, config);
      assert.notEqual(code, 0);
      assert.match(
        output,
        /edge-fleet:functions\.keyed\.routes = "GET,POST \/keyed"\n.*take the same requests as POST \/keyed of the function geo/,
      );
    });
  });

  describe("a function with a schedule, assets and stores", () => {
    it("runs what was missed in each region, and has what that kept there", async () => {
      for (const region of REGIONS) {
        await until("its run is made up", 60_000, async () => {
          const { status, body } = await request(checkout, region, "/stored/page");
          assert.equal(status, 200, body);
          return JSON.parse(body).fencing === "42";
        });
      }
    });

    it("has a database and its assets in each region, which the node answers as well", async () => {
      for (const region of REGIONS) {
        const hits = async () => {
          const { body } = await request(checkout, region, "/stored/page");
          const answer = JSON.parse(body) as { hits: number; note: string };
          assert.equal(answer.note, "an asset");
          return answer.hits;
        };
        const before = await hits();
        assert.equal(await hits(), before + 1);
        const asset = await request(checkout, region, "/stored/note.txt");
        assert.deepEqual([asset.status, asset.body], [200, "an asset"]);
      }
    });
  });
}

/** Empty when the file, or its process, has gone meanwhile. */
function contentOf(file: string): Buffer {
  try {
    return fs.readFileSync(file);
  } catch {
    return Buffer.alloc(0);
  }
}
