import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { TestRunner, until } from "../runnerFixture.ts";

/** What never ends by itself, and with what it ends. Each is the body of a handler. */
const FLOODS: readonly (readonly [name: string, code: string, error: string])[] = [
  ["timers set and cleared", "for (;;) clearTimeout(setTimeout(() => {}, 60_000));", "ERR_LIMIT_CPU_MS"],
  ["ever earlier timers", "for (let ms = 1e9; ; ms--) clearTimeout(setTimeout(() => {}, ms));", "ERR_LIMIT_CPU_MS"],
  ["timers that nobody clears", "for (;;) setTimeout(() => {}, 60_000);", "ERR_LIMIT_TIMERS"],
  ["random bytes", "const bytes = new Uint8Array(65_536); for (;;) crypto.getRandomValues(bytes);", "ERR_LIMIT_CPU_MS"],
  ["lines of log", 'for (;;) console.log("x".repeat(1_000));', "ERR_LIMIT_CPU_MS"],
  ["empty lines of log", "for (;;) console.log();", "ERR_LIMIT_CPU_MS"],
  [
    "jobs that nobody waits for",
    `const key = await crypto.subtle.importKey("raw", new Uint8Array(8), "PBKDF2", false, ["deriveBits"]); const ignore = () => {};
     for (;;) { crypto.subtle.deriveBits({ name: "PBKDF2", hash: "SHA-1", salt: key && new Uint8Array(8), iterations: 1 }, key, 8).catch(ignore); await 0; }`,
    "ERR_LIMIT_CPU_MS",
  ],
  ["compression streams", 'for (;;) { new CompressionStream("gzip").writable.abort(); await 0; }', "ERR_LIMIT_CPU_MS"],
  [
    "domains that the host converts",
    'let name = ""; for (let i = 0; i < 1_000; i++) name += String.fromCharCode(0x4e00 + i * 17); for (;;) new URL("https://" + name);',
    "ERR_LIMIT_CPU_MS",
  ],
  ["sub-requests", 'for (;;) fetch("http://127.0.0.1/").catch(() => {});', "ERR_LIMIT_CPU_MS"],
];

const CODE = `const floods = [${FLOODS.map(([, code]) => `async () => { ${code} }`).join(",\n")}];
export default { async fetch(request) { await floods[Number(request.headers.get("x-flood"))](); return new Response("over"); } };`;
const NEIGHBOUR = `export default { async fetch() { await new Promise((resolve) => setTimeout(resolve, 1)); return new Response("here"); } };`;
const ORDER = `export default { async fetch() {
  const seen = []; const say = (what) => () => { seen.push(what); Promise.resolve().then(() => seen.push(what + "'")); };
  setTimeout(say("c"), 20); setTimeout(say("a"), 5); setTimeout(say("b"), 5); const gone = setTimeout(say("gone"), 1);
  let ticks = 0; const every = setInterval(() => { if (++ticks === 3) clearInterval(every); }, 2); clearTimeout(gone); setTimeout(say("first"));
  while (ticks < 3 || seen.length < 8) await new Promise((resolve) => setTimeout(resolve, 5)); return Response.json([seen.join(" "), ticks]);
} };`;
const TALK = `export default { fetch(request, env, ctx) {
  for (let index = 0; index < 50; index++) console.warn("line " + index + " " + "é".repeat(100));
  return new Response("said");
} };`;
const THROW_ON = `export default { async fetch() {
  let thrown = 0;
  const again = () => { if (++thrown < 50) setTimeout(again, 0); throw new Error("uncaught " + "x".repeat(100)); };
  setTimeout(again, 0);
  while (thrown < 50) await new Promise((resolve) => setTimeout(resolve, 5));
  return new Response("thrown");
} };`;
const TALK_ON = `async function talk() {
  for (let turn = 0; turn < 50; turn++) await null;
  for (let index = 0; index < 20; index++) console.warn("late " + "x".repeat(195));
}
export default { fetch() { talk(); return new Response("said"); } };`;

describe("a flood of what costs the host", () => {
  let runner: TestRunner;
  before(async () => {
    runner = new TestRunner({ workers: 1 });
    await runner.start();
    await runner.deploy({
      flood: { code: CODE, routes: ["/flood"], limits: { cpuMs: 200, wallMs: 20_000 } },
      neighbour: { code: NEIGHBOUR, routes: ["/neighbour"] },
      order: { code: ORDER, routes: ["/order"] },
      talk: { code: TALK, routes: ["/talk"], limits: { logBytes: 3_000 } },
      throwon: { code: THROW_ON, routes: ["/throwon"], limits: { logBytes: 3_000 } },
      talkon: { code: TALK_ON, routes: ["/talkon"], limits: { logBytes: 1_000 } },
    });
  });
  after(() => runner[Symbol.asyncDispose]());

  for (const [index, [name, , error]] of FLOODS.entries()) {
    it(`ends with ${error}, its neighbour served: ${name}`, async () => {
      let over = false;
      const flood = runner.fetch("/flood", { headers: { "x-flood": `${index}` } }).finally(() => {
        over = true;
      });
      do assert.equal((await runner.fetch("/neighbour")).body, "here");
      while (!over);
      assert.equal(JSON.parse((await flood).body).error.code, error);
    });
  }

  it("takes no process with it", async () => {
    assert.equal((await runner.metrics()).sum("edge_runner_process_deaths_total"), 0);
  });

  it("leaves timers their order, with promises between them", async () => {
    assert.equal((await runner.fetch("/order")).body, JSON.stringify(["first first' a a' b b' c c'", 3]));
  });

  it("drops log over its limit and says how much", async () => {
    await runner.fetch("/talk", { headers: { "x-request-id": "talk-1" } });
    const dropped = "39 lines of the request's log were dropped: logBytes is 3000";
    await until("the line comes", () => runner.line(dropped)?.requestId === "talk-1");
    assert.equal(runner.lines.filter(({ message }) => `${message}`.startsWith("line ")).length, 11);
    assert.equal(
      (await runner.metrics()).sum("edge_runner_limits_fired_total", { function: "talk", limit: "logBytes" }),
      1,
    );
  });

  it("drops uncaught errors over the limit, which the host writes", async () => {
    await runner.fetch("/throwon", { headers: { "x-request-id": "throw-1" } });
    const written = () => runner.lines.filter(({ message }) => `${message}`.startsWith("Error: uncaught "));
    const dropped = () =>
      runner.lines.find(
        ({ requestId, message }) => requestId === "throw-1" && /lines .* were dropped/.test(`${message}`),
      );
    await until("the rest is dropped", () => dropped() !== undefined);
    assert.equal(written().length + Number.parseInt(`${dropped()?.message}`, 10), 50);
    assert.ok(written().length > 0 && written().length < 20);
  });

  it("drops what comes after its request over the limit of one, and says so at the end of the next", async () => {
    const written = () => runner.lines.filter(({ message }) => `${message}`.startsWith("late "));
    const dropped = "17 lines of the function's log were dropped: logBytes is 1000";
    for (let round = 1; round <= 2; round++) {
      await runner.fetch("/talkon");
      await until("the lines come", () => written().length === 3 * round);
    }
    await until("it is said", () => runner.line(dropped)?.function === "talkon");
  });
});
