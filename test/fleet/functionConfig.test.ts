import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { Checkout } from "../checkout.ts";
import { request } from "../client.ts";
import { processesOf } from "../leftovers.ts";

const SECRET = "hunter2-of-the-fleet";
const KEYED = `export default {
  fetch: (request: Request, env: Record<string, string>) =>
    new Response([request.method, new URL(request.url).hostname, [...(env.KEY ?? "")].reverse().join("")].join(" ")),
};
`;

const checkout = new Checkout(29, { installed: true });
const secretFile = path.join(checkout.stateDir, "secrets/payments-key");
after(() => checkout.dispose());

before(() => {
  fs.writeFileSync(path.join(checkout.dir, "functions/keyed.ts"), KEYED);
  checkout.setConfig(["edge-fleet:functions", "keyed"], {
    routes: ["GET,POST /keyed", { path: "/keyed/*", host: "*.edge.test", methods: ["PUT"], priority: 5 }],
    secrets: { KEY: "payments-key" },
  });
});

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
      assert.equal((await request(checkout, region, "/keyed", { method: "POST" })).body, `POST edge.test ${reversed}`);
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
    checkout.setConfig(["edge-fleet:functions", "geo"], { routes: ["POST /keyed"] });
    const { code, output } = await checkout.npm("start");
    assert.notEqual(code, 0);
    assert.match(
      output,
      /edge-fleet:functions\.keyed\.routes = "GET,POST \/keyed"\n.*take the same requests as POST \/keyed of the function geo/,
    );
  });
});

/** Empty when the file, or its process, has gone meanwhile. */
function contentOf(file: string): Buffer {
  try {
    return fs.readFileSync(file);
  } catch {
    return Buffer.alloc(0);
  }
}
