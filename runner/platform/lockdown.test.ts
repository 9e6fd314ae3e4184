import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { TestRunner } from "../runnerFixture.ts";

/** Every way in which code could ask for the time; each gives something that can be compared. */
const CLOCKS: Readonly<Record<string, string>> = {
  "Date.now": "Date.now()",
  "new Date": "new Date().getTime()",
  "new Date of a subclass": "new (class extends Date {})().getTime()",
  "Reflect.construct": "Reflect.construct(Date, []).getTime()",
  "the constructor of a date": "new (new Date(0).constructor)().getTime()",
  "the constructor of the prototype": "Date.prototype.constructor.now()",
  "bound Date": "new (Date.bind(null))().getTime()",
  "Date as a function": "Date()",
  "Date as a tag": "Date``",
  "Intl format": 'new Intl.DateTimeFormat("en", { dateStyle: "full", timeStyle: "full" }).format()',
  "Intl format of undefined":
    'new Intl.DateTimeFormat("en", { second: "2-digit", fractionalSecondDigits: 3 }).format(undefined)',
  "Intl parts":
    'JSON.stringify(new Intl.DateTimeFormat("en", { second: "2-digit", fractionalSecondDigits: 3 }).formatToParts())',
  "performance.now": "performance.now()",
  "an event": 'new Event("x").timeStamp',
  "an event of a subclass": 'new (class extends Event {})("x").timeStamp',
  "Temporal instant": "globalThis.Temporal?.Now.instant().toString()",
  "Temporal zoned": "globalThis.Temporal?.Now.zonedDateTimeISO().toString()",
  "Temporal zoned elsewhere": 'globalThis.Temporal?.Now.zonedDateTimeISO("Asia/Tokyo").toString()',
  "Temporal plain": "globalThis.Temporal?.Now.plainDateTimeISO().toString()",
  "Temporal time": "globalThis.Temporal?.Now.plainTimeISO().toString()",
  "Temporal date": "globalThis.Temporal?.Now.plainDateISO().toString()",
};

const CLOCK_CODE = `const clocks = { ${Object.entries(CLOCKS)
  .map(([name, code]) => `${JSON.stringify(name)}: () => ${code}`)
  .join(",\n")} };
const read = () => Object.fromEntries(Object.entries(clocks).map(([name, clock]) => [name, clock()]));
export default { async fetch() {
  const first = read();
  for (let i = 0, x = 0; i < 2e6; i++) x += Math.sqrt(i);
  await Promise.resolve();
  const second = read();
  await new Promise((resolve) => setTimeout(resolve, 60));
  return Response.json({ first, second, third: read(), shape: [Date.name, Date.length, typeof Date.prototype.constructor.UTC,
    new Date(2020, 1, 2) instanceof Date, new Date("2020-01-01T00:00:00Z").getTime(), Date.UTC(2020, 0), Date.parse("1970-01-02"),
    new Date(new Date(5)).getTime(), Object.keys(Date).length, new Intl.DateTimeFormat("en", { timeZone: "UTC", year: "numeric" }).format(0),
    (() => { const f = new Intl.DateTimeFormat("en"); return f.format === f.format; })(), structuredClone(new Date(0)).getTime(),
    performance.timeOrigin <= Date.now()] });
} };`;

/** Roads from a string to code. Each is tried twice: by itself, and after every constructor has been looked for. */
const ROADS: readonly string[] = [
  'eval("1")',
  '(0, eval)("1")',
  'globalThis.eval("1")',
  'Function("return 1")()',
  'new Function("return 1")()',
  'Reflect.construct(Function, ["return 1"])()',
  'Reflect.construct(Function, ["return 1"], class {})()',
  'Function.prototype.constructor("return 1")()',
  'Function.call(null, "return 1")()',
  'Function.bind(null, "return 1")()()',
  '(() => {}).constructor("return 1")()',
  '(class {}).constructor("return 1")()',
  '({}).constructor.constructor("return 1")()',
  '"".at.constructor("return 1")()',
  'fetch.constructor("return 1")()',
  'Object.getPrototypeOf(async () => {}).constructor("return 1")()',
  '(async () => {}).constructor("return 1")()',
  '(function* () {}).constructor("return 1")().next()',
  '(async function* () {}).constructor("return 1")().next()',
  'Object.getPrototypeOf(function* () {}).constructor("yield 1")()',
  'Reflect.getPrototypeOf(Object.getPrototypeOf(async () => {})).constructor("return 1")()',
  '(function () { return arguments.callee.constructor })()("return 1")()',
  'Object.getOwnPropertyDescriptor(Function.prototype, "constructor").value("return 1")()',
  'new (class extends Function { constructor() { super("return 1") } })()()',
  'new (class extends (async () => {}).constructor { constructor() { super("return 1") } })()()',
  'setTimeout("1")',
  'setInterval("1")',
  'queueMicrotask("1")',
  'new ShadowRealm().evaluate("1")',
  "new WebAssembly.Module(new Uint8Array(8))",
  'import("data:text/javascript,export default 1")',
  'import("node:fs")',
  'import("edge:start")',
  'import("./index.mjs?again")',
  'Function.prototype.toString.constructor("return 1")()',
  '(() => { delete Function.prototype.constructor; return (() => {}).constructor("return 1")() })()',
  '(() => { Object.defineProperty(Function.prototype, "constructor", { value: 1 }); return 1 })()',
  '(() => { Object.setPrototypeOf(Function, (() => {}).__proto__); return new Function("return 1")() })()',
];

const ROAD_CODE = `const roads = [${ROADS.map((road) => `() => ${road}`).join(",\n")}];
export default { async fetch() {
  const ran = [];
  for (const road of roads) {
    try { ran.push(await road()); } catch (error) { ran.push(error instanceof Error ? "refused" : error); }
  }
  return Response.json(ran);
} };`;

/** What stack traces show of the platform's frames. */
const STACK_CODE = `const seen = [];
Error.stackTraceLimit = Infinity;
Error.prepareStackTrace = (error, sites) => sites;
const look = (error) => {
  for (const site of error.stack ?? []) {
    if (typeof site !== "object") continue;
    for (const name of ["getThis", "getFunction"]) {
      const value = site[name]();
      if (value !== undefined && value !== null && !mine.has(value)) seen.push([name, site.getFunctionName(), typeof value]);
    }
  }
};
const mine = new Set([globalThis]);
const hostile = { get url() { look(new Error()); return "https://a.example"; }, toString() { look(new Error()); return "x"; },
  [Symbol.iterator]() { look(new Error()); return [][Symbol.iterator](); }, then(resolve) { look(new Error()); resolve(new Response("ok")); } };
export default { async fetch(request, env, ctx) {
  look(new Error());
  for (const run of [() => new Headers(hostile), () => new Response(hostile), () => new Request(hostile), () => new TextEncoder().encode(hostile),
    () => fetch(hostile), () => new URL(hostile), () => structuredClone(hostile), () => console.log(hostile), () => ctx.waitUntil(hostile),
    () => new Response(new ReadableStream({ pull() { look(new Error()); } })).text(), () => { throw null },
    () => new Request(), () => new Response("x", { status: 1 }), () => request.edge.x.y, () => crypto.getRandomValues(), () => setTimeout()]) {
    try { Promise.resolve(run()).catch(look); } catch (error) { if (error) look(error); }
  }
  await new Promise((resolve) => setTimeout(() => { look(new Error()); resolve(); }, 1));
  return Response.json(seen);
} };`;

/** What can be seen of transfers; V8's own must show the same. */
const TRANSFERS = `const seen = [];
const note = (run) => { try { seen.push(run()); } catch (error) { seen.push(error.name); } };
const filled = () => Uint8Array.of(1, 2, 3, 4).buffer;
for (const name of ["transfer", "transferToFixedLength"]) {
  const method = ArrayBuffer.prototype[name];
  const { value, ...flags } = Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, name);
  seen.push([method.name, method.length, "prototype" in method, flags]);
  for (const length of [undefined, 4, "4", 4.9, 2, 6, 0, null, NaN, -0.5, { valueOf: () => 4 }]) note(() => {
    const from = filled(), view = new Uint8Array(from), to = from[name](length);
    return [from.detached, from.byteLength, view.length, to.byteLength, to.resizable, [...new Uint8Array(to)], to === from];
  });
  for (const length of [-1, 2 ** 53, Infinity, 4n, Symbol(), { valueOf() { throw new EvalError(); } }]) {
    const from = filled();
    note(() => from[name](length));
    seen.push(from.detached);
  }
  const gone = filled(); gone[name]();
  for (const length of [undefined, 0, 4, -1]) note(() => gone[name](length));
  const going = filled();
  note(() => going[name]({ valueOf: () => { going[name](); return 4; } }));
  for (const other of [undefined, {}, new Uint8Array(4), new Proxy(filled(), {})]) note(() => method.call(other, { valueOf() { throw new EvalError(); } }));
  note(() => new method());
  const own = class extends ArrayBuffer { static get [Symbol.species]() { throw new EvalError(); } };
  note(() => Object.getPrototypeOf(new own(4)[name]()) === ArrayBuffer.prototype);
  note(() => new WebAssembly.Memory({ initial: 1 }).buffer[name]());
}
return seen;`;

describe("lockdown", () => {
  let runner: TestRunner;
  before(async () => {
    runner = new TestRunner({ workers: 1 });
    await runner.start();
    await runner.deploy({
      clocks: { code: CLOCK_CODE, routes: ["/clocks"] },
      roads: { code: ROAD_CODE, routes: ["/roads"] },
      stacks: { code: STACK_CODE, routes: ["/stacks"] },
      transfers: {
        code: `const seen = () => { ${TRANSFERS} }; export default { fetch: () => Response.json([seen(), typeof new ArrayBuffer(1).transferToImmutable]) };`,
        routes: ["/transfers"],
      },
    });
  });
  after(() => runner[Symbol.asyncDispose]());

  it("lets no clock run while code does, and all of them go on between entries", async () => {
    for (let turn = 0; turn < 2; turn++) {
      const { status, body } = await runner.fetch("/clocks");
      assert.equal(status, 200, body);
      const { first, second, third } = JSON.parse(body);
      assert.deepEqual(second, first);
      assert.ok(Math.abs(first["Date.now"] - Date.now()) < 60_000);
      assert.equal(first["Date.now"], first["new Date"]);
      assert.equal(first["Date.now"], first["the constructor of a date"]);
      for (const name of ["Date.now", "new Date", "performance.now", "an event"]) {
        const passedMs = third[name] - first[name];
        assert.ok(passedMs >= 55 && passedMs < 30_000, `${name}: ${passedMs}`);
      }
      assert.notEqual(third["Temporal instant"], first["Temporal instant"]);
    }
  });

  it("leaves dates as they are otherwise", async () => {
    const { shape } = JSON.parse((await runner.fetch("/clocks")).body);
    const numbers = [1_577_836_800_000, 1_577_836_800_000, 86_400_000, 5, 0];
    assert.deepEqual(shape, ["Date", 7, "function", true, ...numbers, "1970", true, 0, true]);
  });

  it("closes every road from a string to code", async () => {
    const ran = JSON.parse((await runner.fetch("/roads")).body);
    for (const [index, road] of ROADS.entries()) assert.equal(ran[index], "refused", road);
  });

  it("shows no object of the platform in stack traces", async () => {
    const { status, body } = await runner.fetch("/stacks");
    assert.equal(status, 200, body);
    assert.deepEqual(JSON.parse(body), []);
  });

  it("transfers buffers as V8 does, and gives no other way to hand memory on", async () => {
    const { status, body } = await runner.fetch("/transfers");
    assert.equal(status, 200, body);
    const expected = new Function(TRANSFERS)();
    assert.deepEqual(JSON.parse(body), [JSON.parse(JSON.stringify(expected)), "undefined"]);
  });
});
