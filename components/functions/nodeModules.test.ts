import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it, type TestContext } from "node:test";
import { LIMITS } from "@edge-fleet/runner/limits";
import { TestRunner } from "@edge-fleet/runner/runnerFixture";
import { bundleFunction } from "./bundle.ts";
import type { BundleError } from "./problems.ts";

const BUNDLE_LIMITS = { bundleBytes: LIMITS.bundleBytes.default, heapMb: LIMITS.heapMb.default };

/** Each gives the same in a function as in Node; `m` has Node's modules. */
const CASES: Readonly<Record<string, string>> = {
  buffer: `const { Buffer } = m.buffer; const texts = ["", "a", "añ€😀", "\\ud800x", "aGk", "_-8", "00ff1g", "PDw/Pz8+Pg=="]; const out = [];
    for (const encoding of ["utf8", "utf-8", "hex", "base64", "base64url", "latin1", "binary", "ascii", "ucs2", "utf16le", "UTF8", "BASE64URL"]) for (const text of texts) { const bytes = Buffer.from(text, encoding); out.push(bytes.toString("hex"), bytes.toString(encoding), /^[\\w=-]*$/.test(text) || !/base64/i.test(encoding) ? Buffer.byteLength(text, encoding) : 0); }
    const b = Buffer.alloc(16, "ab"); b.writeUInt32BE(0xdeadbeef, 2); b.writeInt16LE(-3, 8); b.writeDoubleBE(1.5, 8); b.writeBigInt64LE(-5n, 0); out.push(b.toString("hex"), b.readUInt16BE(2), b.readInt8(0), b.readBigUInt64BE(8).toString(), b.readFloatLE(4));
    out.push(Buffer.concat([Buffer.from("ab"), Buffer.from([1, 2])]).toString("base64url"), Buffer.compare(Buffer.from("a"), Buffer.from("b")), Buffer.from("abc").equals(Buffer.from("abc")), Buffer.from("hello").indexOf("l"), Buffer.from("hello").includes("ll"), Buffer.from("hello").slice(1, 3).toString(), Buffer.from("hello").subarray(-3).toString(), JSON.stringify(Buffer.from("hi")), Buffer.isBuffer(Buffer.from("")), Buffer.isBuffer(new Uint8Array(1)),
      ["utf8", "base64url", "nope", "hex"].map((e) => Buffer.isEncoding(e)), Buffer.from(new Uint16Array([1, 258]).buffer).toString("hex"), Buffer.from("abc") instanceof Uint8Array, Buffer.from("abcdef").swap16().toString(), Buffer.alloc(3).fill("_-8", "base64url").toString("hex"), Buffer.from("xyz").write("Zm9v", "base64"), Buffer.from([256, -1, 1.9]).toString("hex"), Buffer.from(Buffer.from("copy")).toString());
    for (const bad of [() => Buffer.from(5), () => Buffer.alloc(-1), () => Buffer.from("a").readUInt32LE(0), () => Buffer.from("a", "nope")]) { try { bad(); out.push("none"); } catch (error) { out.push(error instanceof Error); } } return out;`,
  crypto: `const { createHash, createHmac, randomBytes, randomUUID, timingSafeEqual, webcrypto } = m.crypto; const { Buffer } = m.buffer; const out = [];
    for (const name of ["md5", "sha1", "SHA256", "sha384", "sha512", "RSA-SHA256", "sha512-256", "sha3-256", "ripemd160", "sha224"]) { out.push(createHash(name).update("añ").update(Buffer.from([1, 2])).digest("hex"), createHash(name).update("00ff", "hex").digest("base64url"), createHmac(name, "key").update("data").digest("base64"), createHmac(name, Buffer.alloc(300, 1)).update("").digest().length); }
    const hash = createHash("sha1").update("a"); const copy = hash.copy(); out.push(hash.digest("hex"), copy.update("b").digest("hex"), randomBytes(20).length, Buffer.isBuffer(randomBytes(1)), /^[0-9a-f-]{36}$/.test(randomUUID()), timingSafeEqual(Buffer.from("ab"), Buffer.from("ab")), timingSafeEqual(Buffer.from("ab"), Buffer.from("ac")), typeof webcrypto.subtle.digest, randomBytes(70_000).some((x) => x > 0), m.crypto.hash("sha1", "abc"));
    await new Promise((done) => randomBytes(4, (error, bytes) => { out.push(error, bytes.length); done(); }));
    for (const bad of [() => createHash("nope"), () => hash.update("x"), () => hash.digest(), () => createHash("sha1").update(5), () => timingSafeEqual(Buffer.alloc(1), Buffer.alloc(2))]) { try { bad(); out.push("none"); } catch (error) { out.push(error.name, error.message.replace(/ Received.*/, "").replace(/\\.$/, "")); } } return out;`,
  events: `const EventEmitter = m.events.default; const out = []; class Own extends EventEmitter {} const own = new Own(); own.on("a", (...x) => out.push(x)); own.once("a", () => out.push("once")); own.prependListener("a", () => out.push("first")); own.emit("a", 1, 2); own.emit("a", 3);
    function Old() { EventEmitter.call(this); } Object.setPrototypeOf(Old.prototype, EventEmitter.prototype); const old = new Old(); old.addListener("x", () => out.push("old")); out.push(old.emit("x"), old.emit("y"), old.listenerCount("x"), own.eventNames(), EventEmitter.defaultMaxListeners, EventEmitter.EventEmitter === EventEmitter, m.events.EventEmitter === EventEmitter);
    const waiting = m.events.once(own, "later"); own.emit("later", 7); out.push(await waiting); own.removeAllListeners(); out.push(own.listenerCount("a")); try { own.emit("error", new RangeError("loud")); } catch (error) { out.push(error.message); } return out;`,
  path: `const { path } = m; const all = ["", ".", "/", "a/b/../c", "/a//b/./c/", "../x", "a.b.c", ".rc", "/a/b.txt", "a\\\\b", "a/b/"]; return [all.map((x) => [path.normalize(x), path.dirname(x), path.basename(x), path.extname(x), path.parse(x), path.isAbsolute(x)]), path.join("a", "..", "/b", "c"), path.relative("/a/b/c", "/a/d"), path.resolve("/a", "b", "../c"), path.basename("x.ts", ".ts"), path.format({ dir: "/d", base: "f.x" }), path.sep, path.delimiter, path.posix.join("a", "b")];`,
  querystring: `const { querystring } = m; return [querystring.parse("a=1&b=%20x&a=2&c&=d&e=%zz&f+g=h+i"), querystring.stringify({ a: [1, "x y"], b: true, c: "ü&=", d: null, e: 5n }), querystring.escape("ä b&"), querystring.unescape("%C3%A4+b"), querystring.parse("a:1;b:2", ";", ":")];`,
  url: `const { url } = m; const all = ["http://u:p@Host.com:80/p/a/t/h?q=s#h", "/a?b=c", "//host/x", "mailto:a@b.c", "javascript:x", "http://x/a b", "a/b"]; const plain = (parsed) => ({ ...parsed });
    return [all.map((x) => [plain(url.parse(x)), plain(url.parse(x, true).query), url.format(url.parse(x))]), url.resolve("/one/two/three", "four"), url.resolve("http://a.com/b/", "../c?d"), url.format({ protocol: "https", host: "h", pathname: "/p", query: { a: "b c" } }), url.fileURLToPath("file:///a%20b/c"), url.pathToFileURL("/a b#c").href, url.URL === URL, url.format(new URL("http://a/b?c#d"), { fragment: false }), plain(url.urlToHttpOptions(new URL("https://u:p@h:1/x?y"))), url.domainToASCII("español.com")];`,
  util: `const { util } = m; const out = []; const values = [1, "a'b", null, undefined, [1, [2, [3, [4]]]], { a: { b: { c: { d: 1 } } }, "x-y": 1 }, new Map([[1, { a: 2 }]]), new Set(["a"]), Symbol("s"), 10n, /x/g, new Date(0), () => {}, class A {}, new (class B { x = 1; })(), Object.create(null), new Uint8Array(3), -0, [undefined, , 3], "long ".repeat(30), { get a() { return 1; } }, { [Symbol("k")]: 1 }];
    const circular = { name: "c" }; circular.self = circular; for (const value of [...values, circular]) out.push(util.inspect(value), util.inspect(value, { depth: 0, compact: false }), util.format("%s %o", "x", 1).length > 0);
    out.push(util.format("%s is %d and %i, %j %% %f %s", "it", 4.5, 4.5, { a: 1 }, "1.5", Symbol("x"), "more", { b: 2 }), util.format(1, 2, "3"), util.format("%s", { toString: () => "own" }), util.inspect({ [Symbol.for("nodejs.util.inspect.custom")]: () => "custom" }), util.stripVTControlCharacters("\\u001b[31mred\\u001b[0m"));
    const called = util.promisify((a, done) => done(null, a * 2)); out.push(await called(4)); const failed = util.promisify((done) => done(new Error("no"))); out.push(await failed().catch((e) => e.message)); const custom = () => {}; custom[util.promisify.custom] = () => "own"; out.push(util.promisify(custom)());
    await new Promise((done) => util.callbackify(async (a) => a + 1)(1, (error, value) => { out.push(error, value); done(); })); function Parent() {} Parent.prototype.hi = () => "hi"; function Child() {} util.inherits(Child, Parent); out.push(new Child().hi(), Child.super_ === Parent);
    const { types } = util; const samples = [new Map(), new Set(), new WeakMap(), new Date(), /x/, new Error(), Promise.resolve(), new Uint8Array(1), new Float64Array(1), new DataView(new ArrayBuffer(1)), new ArrayBuffer(1), new Number(1), new String(""), Object(1n), Object(Symbol()), new Boolean(false), {}, null, 1, { [Symbol.toStringTag]: "Map" }];
    for (const name of ["isMap", "isSet", "isWeakMap", "isDate", "isRegExp", "isNativeError", "isPromise", "isUint8Array", "isFloat64Array", "isDataView", "isArrayBuffer", "isAnyArrayBuffer", "isTypedArray", "isArrayBufferView", "isNumberObject", "isStringObject", "isBigIntObject", "isSymbolObject", "isBooleanObject", "isBoxedPrimitive"]) out.push(name, samples.map((x) => types[name](x))); return out;`,
};

const MODULES = ["buffer", "crypto", "path", "querystring", "url", "util"];
const CODE = `${MODULES.map((name) => `import ${name} from "node:${name}";`).join("\n")}
import * as events from "node:events";
const m = { ${MODULES.join(", ")}, events };
const cases = { ${Object.entries(CASES)
  .map(([name, body]) => `${name}: async () => { ${body} }`)
  .join(",\n")} };
const plain = (_, value) => (typeof value === "bigint" ? value.toString() : value);
export const run = async (name) => JSON.stringify(await cases[name](), plain);
export default { async fetch(request) { return new Response(await run(new URL(request.url).searchParams.get("case"))); } };`;

async function bundled(t: Pick<TestContext, "after">, files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "edge-node-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(folder, name, ".."), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  const { modules, bytes } = await bundleFunction(folder, "app", BUNDLE_LIMITS);
  return Buffer.from(bytes.get(modules[0]?.sha256 as string) as Uint8Array).toString();
}

describe("Node's modules in functions", () => {
  const runner = new TestRunner({ workers: 1 });
  const ended: (() => unknown)[] = [];
  let inNode: (name: string) => Promise<string>;
  before(async () => {
    const code = await bundled({ after: (end) => ended.push(end as () => unknown) }, { "functions/app.ts": CODE });
    ({ run: inNode } = await import(`data:text/javascript,${encodeURIComponent(CODE)}`));
    await runner.start();
    await runner.deploy({ app: { code, routes: ["/*"], limits: { cpuMs: 20_000, wallMs: 20_000, startMs: 5_000 } } });
  });
  after(async () => {
    await runner[Symbol.asyncDispose]();
    for (const end of ended) await end();
  });

  for (const name of Object.keys(CASES)) {
    it(`do what Node's own do: ${name}`, async () => {
      const { status, body } = await runner.fetch(`/?case=${name}`);
      assert.equal(status, 200, body);
      assert.deepEqual(JSON.parse(body), JSON.parse(await inNode(name)));
    });
  }

  it("are what `require` gives, for packages of the old form too", async (t) => {
    const code = await bundled(t, {
      "functions/app.ts": 'import old from "old";\nexport default { fetch: () => new Response(old()) };',
      "node_modules/old/package.json": '{"name":"old","main":"index.js"}',
      "node_modules/old/index.js":
        'const Events = require("events"); const { Buffer } = require("node:buffer"); const util = require("util"); function Old() { Events.call(this); } util.inherits(Old, Events); module.exports = () => { let said = ""; const old = new Old(); old.on("x", (text) => { said = Buffer.from(text).toString("hex") + require("path").join("a", "b"); }); old.emit("x", "hi"); return said; };',
    });
    const { default: app } = await import(
      `data:text/javascript,${encodeURIComponent(`globalThis.self ??= globalThis;${code}`)}`
    );
    assert.equal(await app.fetch().text(), "6869a/b");
  });

  it("are a project's own packages of the same name where it has them", async (t) => {
    const code = await bundled(t, {
      "functions/app.ts":
        'import events from "events";\nimport { join } from "path";\nexport default { fetch: () => new Response(events + join("a", "b")) };',
      "node_modules/events/package.json": '{"name":"events","main":"index.js"}',
      "node_modules/events/index.js": 'module.exports = "own ";',
    });
    const { default: app } = await import(`data:text/javascript,${encodeURIComponent(code)}`);
    assert.equal(await app.fetch().text(), "own a/b");
  });

  it("cost nothing that is not used, and have the same bytes from any path", async (t) => {
    const files = {
      "functions/app.ts":
        'import { join } from "node:path";\nimport { promisify } from "node:util";\nexport default { fetch: () => new Response(join("a", "b") + promisify.name) };',
    };
    const code = await bundled(t, files);
    assert.ok(code.length < 40_000, `${code.length} bytes`);
    assert.doesNotMatch(code, /FinalizationRegistry|inspect\.js/);
    assert.equal(await bundled(t, files), code);
    const none = await bundled(t, { "functions/app.ts": "export default { fetch: () => new Response() };" });
    assert.ok(none.length < 300, none);
  });

  it("are named with file and line where one is not there, and where it lacks what is asked of it", async (t) => {
    const failing = bundled(t, {
      "functions/app.ts":
        'import fs from "node:fs";\nimport { AsyncLocalStorage } from "node:async_hooks";\nimport { createCipheriv } from "node:crypto";\nexport default [fs, AsyncLocalStorage, createCipheriv];',
    });
    await assert.rejects(failing, ({ message }: BundleError) => {
      assert.match(message, /functions\/app\.ts:1:16: .*node:fs.*\n.*node:buffer, node:crypto/);
      assert.match(message, /functions\/app\.ts:2:35: .*node:async_hooks/);
      return true;
    });
    const lacking = bundled(t, {
      "functions/app.ts": '\nimport { createCipheriv } from "node:crypto";\nexport default createCipheriv;',
    });
    await assert.rejects(
      lacking,
      /functions\/app\.ts:2:10: node:crypto has no "createCipheriv" in functions\n.*web-platform\.md/,
    );
  });

  it("have a row each in the documentation", async () => {
    const text = await readFile(join(import.meta.dirname, "../../docs/web-platform.md"), "utf8");
    const { NODE_MODULES } = await import("./nodeModules.ts");
    for (const name of NODE_MODULES) assert.ok(text.includes(`\`${name}\``), name);
  });
});
