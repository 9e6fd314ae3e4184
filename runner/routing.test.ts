import assert from "node:assert/strict";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { build } from "esbuild";
import { ERRORS } from "./errors.ts";
import { brokenRule, TARGET_BYTES_MAX, TARGET_RULES } from "./routes/targetRules.ts";
import { TestRunner, until } from "./runnerFixture.ts";

/** Answers with its name and the request's method and host. */
function naming(name: string): string {
  return `export default { fetch(request) {
    const { host } = new URL(request.url);
    return new Response("${name} " + request.method + " " + host);
  } };`;
}

describe("routes of a release", () => {
  const runner = new TestRunner();
  before(async () => {
    await runner.start();
    await runner.deploy({
      any: { code: naming("any"), routes: ["/x"] },
      tenants: { code: naming("tenants"), routes: ["*.example.com/x"] },
      api: { code: naming("api"), routes: ["api.example.com/x"] },
      reader: { code: naming("reader"), routes: ["GET /y"] },
      writer: { code: naming("writer"), routes: ["POST,PUT /y"] },
      first: { code: naming("first"), routes: [{ host: null, methods: [], path: "/top/*", priority: 1 }] },
      second: { code: naming("second"), routes: ["GET api.example.com/top/exact"] },
    });
  });
  after(() => runner[Symbol.asyncDispose]());

  const bodyOf = async (path: string, method = "GET", host = "edge.example") =>
    (await runner.fetch(path, { method, headers: { host } })).body;

  it("are told apart by host, whatever its case, port or closing dot", async () => {
    assert.equal(await bodyOf("/x"), "any GET edge.example");
    assert.equal(await bodyOf("/x", "GET", "API.example.com:8443"), "api GET api.example.com:8443");
    assert.equal(await bodyOf("/x", "GET", "api.example.com."), "api GET api.example.com.");
    assert.equal(await bodyOf("/x", "GET", "a.b.example.com"), "tenants GET a.b.example.com");
    assert.equal(await bodyOf("/x", "GET", "example.com"), "any GET example.com");
  });

  it("are told apart by method and priority", async () => {
    assert.equal(await bodyOf("/y"), "reader GET edge.example");
    assert.equal(await bodyOf("/y", "PUT"), "writer PUT edge.example");
    assert.equal((await runner.fetch("/y", { method: "HEAD" })).status, 200);
    assert.equal(await bodyOf("/x", "OPTIONS"), "any OPTIONS edge.example");
    assert.equal(await bodyOf("/top/exact", "GET", "api.example.com"), "first GET api.example.com");
  });

  it("are found behind no trick with the path", async () => {
    const hidden = ["//x", "/x/", "/%78"];
    for (const path of hidden) assert.equal(await bodyOf(path), "any GET edge.example", path);
    const missing = ["/a".repeat(4_000), "/x%2f", "/%252e/x", "/%FF"];
    for (const path of missing) assert.equal((await runner.fetch(path)).status, 404, path.slice(0, 20));
  });

  it("refuse targets and hosts that two programs could read differently, saying what is wrong", async () => {
    for (const [target, code] of [
      ["/none/../x", "ERR_BAD_REQUEST"],
      ["/none/%2e%2e/x", "ERR_BAD_REQUEST"],
      [`/${"a".repeat(TARGET_BYTES_MAX)}`, "ERR_URI_TOO_LONG"],
    ] as const) {
      const { status, body } = await runner.fetch(target);
      const { error } = JSON.parse(body);
      assert.deepEqual([status, error.code], [ERRORS[code].status, code]);
      const rule = brokenRule(target, "edge.example");
      assert.ok(rule !== null && error.message.endsWith(TARGET_RULES[rule].detail), error.message);
    }
  });

  it("answer with the methods that there are when the request's is none of them", async () => {
    const { status, headers, body } = await runner.fetch("/y", { method: "DELETE" });
    assert.equal(status, 405);
    assert.equal(headers.allow, "GET, HEAD, POST, PUT");
    assert.equal(headers["x-edge-error"], "ERR_METHOD_NOT_ALLOWED");
    assert.equal(JSON.parse(body).error.code, "ERR_METHOD_NOT_ALLOWED");
    assert.equal((await runner.fetch("/none", { method: "DELETE" })).status, 404);
  });
});

describe("a release on the node", () => {
  const runner = new TestRunner();
  before(() => runner.start());
  after(() => runner[Symbol.asyncDispose]());

  it("is refused with the line of the source where the bundle has a map", async () => {
    const source =
      'type Unused = { a: string };\n\nconst limit: number = 5;\nif (limit > 4) throw new Error("too many");\n';
    const { outputFiles } = await build({
      stdin: { contents: `${source}export default { fetch() {} };`, sourcefile: "functions/bad.ts", loader: "ts" },
      ...{ bundle: true, write: false, format: "esm", sourcemap: "external", outfile: "index.mjs" },
    });
    const [map, code] = outputFiles.toSorted((a, b) => (a.path > b.path ? -1 : 1)).map(({ text }) => text);
    const release = runner.writeRelease({ bad: { code: String(code), map: String(map), routes: ["/bad"] } });
    const { status, body } = await runner.activate(release);
    assert.equal(status, 422);
    assert.match(JSON.parse(body).functions.bad.reason, /Error: too many \[functions\/bad\.ts:4:22\]/);
  });

  it("is refused while a secret is missing and another is served, naming file and remedy", async () => {
    await runner.deploy({});
    const wanting = { keyed: { code: KEYED, routes: ["/keyed"], secrets: { KEY: "payments-key" } } };
    const { status, body } = await runner.activate(runner.writeRelease(wanting));
    assert.equal(status, 422);
    assert.match(
      JSON.parse(body).functions.keyed.reason,
      /secret payments-key \(KEY of keyed\): .*\/secrets\/payments-key is not there; write/,
    );
  });

  it("gives secrets to the function, new ones with the next release, and shows them nowhere", async () => {
    const functions = {
      keyed: { code: KEYED, routes: ["/keyed"], secrets: { KEY: "payments-key" }, env: { PLAIN: "p" } },
    };
    const [old, renewed] = ["hunter2-old-value", "hunter2-renewed-value"];
    runner.writeSecret("payments-key", `${old}\n`);
    await runner.deploy(functions);
    assert.equal((await runner.fetch("/keyed")).body, `${reversed(old)} p`);
    runner.writeSecret("payments-key", renewed);
    await runner.deploy(functions);
    assert.equal((await runner.fetch("/keyed")).body, `${reversed(renewed)} p`);

    const shown = [
      JSON.stringify(runner.lines),
      await runner.admin("/metrics"),
      await runner.admin("/readyz"),
      ...filesBelow(runner.dir)
        .filter((path) => !path.startsWith(runner.config.secretsDir))
        .map(textOf),
      ...treeOf(runner.process?.pid as number).flatMap((pid) =>
        [`/proc/${pid}/cmdline`, `/proc/${pid}/environ`].map(textOf),
      ),
    ];
    for (const text of shown) assert.ok(!text.includes("hunter2"), text.slice(0, 500));
  });

  it("goes on from its newest folder when older ones are removed and a worker must read it again", async () => {
    const functions = { kept: { code: naming("kept"), routes: ["/kept"] } };
    await runner.deploy(functions);
    const newer = await runner.deploy({ ...functions, other: { code: naming("other"), routes: ["/other"] } });
    for (let release = 1; release < newer; release++) {
      rmSync(join(runner.config.releasesDir, `${release}`), { recursive: true });
    }
    const workers = workerPids(runner.process?.pid as number);
    assert.ok(workers.length > 0);
    for (const pid of workers) killIfThere(pid);
    await until("a new worker serves", async () => (await runner.fetch("/kept")).status === 200);
  });
});

const KEYED = `export default { fetch: (_, env) =>
  new Response([...env.KEY].reverse().join("") + " " + env.PLAIN) };`;

function reversed(text: string): string {
  return [...text].reverse().join("");
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

/** Pids of a process and all below it. */
function treeOf(pid: number): number[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const rows = pids.map((name) => [Number(name), Number(/^PPid:\s+(\d+)/m.exec(textOf(`/proc/${name}/status`))?.[1])]);
  const below = (parent: number): number[] =>
    rows.filter(([, ppid]) => ppid === parent).flatMap(([child]) => [child as number, ...below(child as number)]);
  return [pid, ...below(pid)];
}

/** What holds a worker goes with it. */
function killIfThere(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

function workerPids(supervisor: number): number[] {
  return treeOf(supervisor).filter((pid) => /worker/.test(textOf(`/proc/${pid}/cmdline`)));
}
