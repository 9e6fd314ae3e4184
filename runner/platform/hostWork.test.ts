import assert from "node:assert/strict";
import { createHash, createHmac, pbkdf2Sync } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { brotliCompressSync, gunzipSync, gzipSync } from "node:zlib";
import { TestRunner } from "../runnerFixture.ts";

/** Each is the body of a handler; the value is answered as JSON. */
const CASES: Readonly<Record<string, string>> = {
  digests: `const out = {}; for (const name of ["SHA-1", "sha-256", { name: "SHA-384" }, "SHA-512"])
    for (const size of [0, 5, 70_000]) out[(name.name ?? name).toUpperCase() + " " + size] = hex(await crypto.subtle.digest(name, new Uint8Array(size).fill(7)));
    return out;`,
  hmac: `const out = []; for (const [hash, size, bytes] of [["SHA-256", 32, 10], ["SHA-1", 3, 70_000], ["SHA-512", 200, 1_000]]) {
      const raw = new Uint8Array(size).fill(3); const data = new Uint8Array(bytes).fill(9);
      const key = await crypto.subtle.importKey("raw", raw, { name: "HMAC", hash }, false, ["sign", "verify"]);
      const signature = await crypto.subtle.sign("HMAC", key, data);
      const changed = signature.slice(); new Uint8Array(changed)[0] ^= 1;
      out.push([hex(signature), await crypto.subtle.verify("HMAC", key, signature, data), await crypto.subtle.verify("HMAC", key, changed, data),
        await crypto.subtle.verify("HMAC", key, signature.slice(1), data), key.type, key.extractable, key.algorithm, key.usages, Object.keys(key)]);
    } return out;`,
  derive: `const key = await crypto.subtle.importKey("raw", new TextEncoder().encode("secret"), "PBKDF2", false, ["deriveBits"]);
    const salt = new TextEncoder().encode("salt"); const out = [];
    for (const [hash, iterations, bits] of [["SHA-256", 1000, 256], ["SHA-512", 10, 1024], ["SHA-1", 1, 8]])
      out.push(hex(await crypto.subtle.deriveBits({ name: "PBKDF2", hash, salt, iterations }, key, bits)));
    return out;`,
  refusals: `const names = []; const refuse = async (work) => { try { await work(); names.push("took it"); } catch (error) { names.push(error.name); } };
    const { subtle } = crypto; const raw = new Uint8Array(16);
    const key = await subtle.importKey("raw", raw, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
    const password = await subtle.importKey("raw", raw, "PBKDF2", false, ["deriveBits"]);
    await refuse(() => subtle.digest("MD5", raw)); await refuse(() => subtle.digest("SHA-256", "text"));
    await refuse(() => subtle.importKey("jwk", {}, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]));
    await refuse(() => subtle.importKey("raw", raw, { name: "Ed448" }, false, ["verify"]));
    await refuse(() => subtle.importKey("raw", raw, { name: "HMAC", hash: "SHA-256" }, false, ["encrypt"]));
    await refuse(() => subtle.importKey("raw", raw, { name: "HMAC", hash: "SHA-256" }, false, ["fly"]));
    await refuse(() => subtle.importKey("raw", raw, { name: "HMAC", hash: "SHA-256" }, false, []));
    await refuse(() => subtle.importKey("raw", new Uint8Array(), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]));
    await refuse(() => subtle.importKey("raw", raw, "PBKDF2", true, ["deriveBits"]));
    await refuse(() => subtle.verify("HMAC", key, raw, raw)); await refuse(() => subtle.sign("HMAC", password, raw)); await refuse(() => subtle.sign("HMAC", {}, raw));
    await refuse(() => subtle.deriveBits({ name: "PBKDF2", hash: "SHA-256", salt: raw, iterations: 600_001 }, password, 256));
    await refuse(() => subtle.deriveBits({ name: "PBKDF2", hash: "SHA-256", salt: raw, iterations: 0 }, password, 256));
    await refuse(() => subtle.deriveBits({ name: "PBKDF2", hash: "SHA-256", salt: raw, iterations: 1 }, password, 7));
    await refuse(() => new CryptoKey()); await refuse(() => new CompressionStream("br"));
    return names;`,
  compress: `const bytes = new Uint8Array(300_000).map((_, i) => (i * 7919) % 251);
    const packed = new Uint8Array(await new Response(new Response(bytes).body.pipeThrough(new CompressionStream("gzip"))).arrayBuffer());
    const back = []; for (const format of ["gzip", "deflate", "deflate-raw", "brotli"]) {
      const there = new Response(bytes).body.pipeThrough(new CompressionStream(format)).pipeThrough(new DecompressionStream(format));
      const got = await new Response(there).bytes(); back.push(got.length === bytes.length && got.every((b, i) => b === bytes[i]));
    }
    return { packed: btoa(Array.from(packed, (b) => String.fromCharCode(b)).join("")), back };`,
  damaged: `const names = []; const packed = Uint8Array.from(atob(request.headers.get("x-packed")), (c) => c.charCodeAt(0));
    for (const bad of [packed.slice(0, 20), new Uint8Array([...packed, 1, 2, 3]), new Uint8Array([1, 2, 3]), packed.with(12, packed[12] ^ 255)]) {
      try { await new Response(new Response(bad).body.pipeThrough(new DecompressionStream("gzip"))).bytes(); names.push("took it"); } catch (error) { names.push(error.name); }
    } const writer = new CompressionStream("gzip").writable.getWriter(); await writer.write("text").catch((error) => names.push(error.name)); return names;`,
  bomb: `const packed = Uint8Array.from(atob(request.headers.get("x-packed")), (c) => c.charCodeAt(0));
    let size = 0; for await (const chunk of new Response(packed).body.pipeThrough(new DecompressionStream(request.headers.get("x-format")))) { size += chunk.length; if (size > 1_000_000) break; } return size < 2_000_000;`,
  unread: `const stream = new CompressionStream("gzip"); const writer = stream.writable.getWriter(); let taken = 0;
    void (async () => { for (;;) { await writer.write(crypto.getRandomValues(new Uint8Array(65_536))); taken++; } })().catch(() => {});
    await new Promise((r) => setTimeout(r, 100)); return taken < 5;`,
};

const STORM = `export default { async fetch(request) {
  const { searchParams } = new URL(request.url);
  const key = await crypto.subtle.importKey("raw", new Uint8Array(8), "PBKDF2", false, ["deriveBits"]);
  const derive = () => crypto.subtle.deriveBits({ name: "PBKDF2", hash: "SHA-512", salt: new Uint8Array(8), iterations: 200_000 }, key, 256);
  const deriveOn = async () => { for (;;) await derive(); };
  const small = async () => { for (;;) await crypto.subtle.digest("SHA-512", new Uint8Array(60_000)); };
  const pack = async () => { let bytes = new Uint8Array(65_536); const { readable, writable } = new CompressionStream("gzip"); void readable.pipeTo(new WritableStream());
    const writer = writable.getWriter(); for (;;) { crypto.getRandomValues(bytes); await writer.write(bytes); } };
  const windows = async () => { const all = []; for (let i = 0; i < 3; i++) { const { readable, writable } = new DecompressionStream("brotli"); const writer = writable.getWriter(); all.push(readable.getReader().read(), writer.write(new Uint8Array([15]))); } await Promise.race(all); };
  const codecs = async () => { const all = []; for (let i = 0; i < 20; i++) { const { readable, writable } = new CompressionStream("gzip"); const writer = writable.getWriter(); all.push(readable.getReader().read(), writer.write(new Uint8Array(10))); } await Promise.all(all); };
  const work = { derive: () => Promise.all(Array.from({ length: 30 }, deriveOn)), queue: () => Promise.all(Array.from({ length: 60 }, derive)), small, pack, codecs, windows }[searchParams.get("kind")];
  if (searchParams.has("caught")) { try { await work(); } catch (error) { return Response.json([error.name, error.message]); } }
  await work(); return new Response("done");
} };`;

const hex =
  'const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");';
const CODE = `${hex} const cases = { ${Object.entries(CASES)
  .map(([name, code]) => `${name}: async (request) => { ${code} }`)
  .join(",\n")} };
export default { async fetch(request) { return Response.json(await cases[new URL(request.url).searchParams.get("case")](request)); } };`;
const QUICK =
  'export default { async fetch() { const key = await crypto.subtle.digest("SHA-1", new Uint8Array(100_000)); return new Response("quick"); } };';

/** A stream that one request begins and the next one goes on with. */
const OUTLIVING = `let writer; let reader;
export default { async fetch(request) {
  if (request.url.endsWith("begin")) {
    const { readable, writable } = new CompressionStream("gzip"); writer = writable.getWriter(); reader = readable.getReader();
    const first = reader.read(); await writer.write(new Uint8Array(10)); await first; return new Response("begun");
  }
  const next = reader.read().then(() => "read", (error) => error.name + ": " + error.message);
  writer.write(new Uint8Array(10)).catch(() => {}); writer.close().catch(() => {});
  return new Response(await next);
} };`;

describe("host work", () => {
  let runner: TestRunner;
  before(async () => {
    runner = new TestRunner({ workers: 1 });
    await runner.start();
    await runner.deploy({
      cases: { code: CODE, routes: ["/cases"], limits: { cpuMs: 10_000 } },
      storm: { code: STORM, routes: ["/storm"], limits: { cpuMs: 300, wallMs: 20_000 } },
      rich: { code: STORM, routes: ["/rich"], limits: { cpuMs: 30_000, wallMs: 4_000 } },
      quick: { code: QUICK, routes: ["/quick"] },
      outliving: { code: OUTLIVING, routes: ["/outliving/*"] },
    });
  });
  after(() => runner[Symbol.asyncDispose]());

  async function run(name: string, headers: Record<string, string> = {}): Promise<unknown> {
    const { status, body } = await runner.fetch(`/cases?case=${name}`, { headers });
    assert.equal(status, 200, body);
    return JSON.parse(body);
  }

  it("digests small and large data", async () => {
    const expected = Object.fromEntries(
      ["SHA-1", "SHA-256", "SHA-384", "SHA-512"].flatMap((name) =>
        [0, 5, 70_000].map((size) => {
          const hash = createHash(name.replace("-", "").toLowerCase());
          return [`${name} ${size}`, hash.update(Buffer.alloc(size, 7)).digest("hex")];
        }),
      ),
    );
    assert.deepEqual(await run("digests"), expected);
  });

  it("signs and verifies, and shows nothing of a key's bytes", async () => {
    const made = (await run("hmac")) as unknown[][];
    const inputs: [string, number, number][] = [["SHA-256", 32, 10], ["SHA-1", 3, 70_000], ["SHA-512", 200, 1_000]]; // biome-ignore format: a table
    for (const [index, [name, size, bytes]] of inputs.entries()) {
      const hash = createHmac(name.replace("-", "").toLowerCase(), Buffer.alloc(size, 3));
      const signature = hash.update(Buffer.alloc(bytes, 9)).digest("hex");
      const algorithm = { name: "HMAC", length: size * 8, hash: { name } };
      assert.deepEqual(made[index], [
        signature,
        true,
        false,
        false,
        "secret",
        false,
        algorithm,
        ["sign", "verify"],
        [],
      ]);
    }
  });

  it("derives keys", async () => {
    assert.deepEqual(await run("derive"), [
      pbkdf2Sync("secret", "salt", 1_000, 32, "sha256").toString("hex"),
      pbkdf2Sync("secret", "salt", 10, 128, "sha512").toString("hex"),
      pbkdf2Sync("secret", "salt", 1, 1, "sha1").toString("hex"),
    ]);
  });

  it("refuses with the standard's errors what it does not do", async () => {
    assert.deepEqual(await run("refusals"), [
      "NotSupportedError", "TypeError", "DataError", "NotSupportedError", "SyntaxError", "TypeError", "SyntaxError",
      "DataError", "SyntaxError", "InvalidAccessError", "InvalidAccessError", "TypeError", "NotSupportedError", "OperationError",
      "OperationError", "TypeError", "TypeError",
    ]); // biome-ignore format: a list
  });

  it("compresses and decompresses streams", async () => {
    const { packed, back } = (await run("compress")) as { packed: string; back: boolean[] };
    const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 7_919) % 251));
    assert.ok(gunzipSync(Buffer.from(packed, "base64")).equals(bytes));
    assert.deepEqual(back, [true, true, true, true]);
  });

  it("refuses damaged data, and data after the end", async () => {
    const packed = gzipSync(Buffer.from("hello, damaged world")).toString("base64");
    assert.deepEqual(await run("damaged", { "x-packed": packed }), Array(5).fill("TypeError"));
  });

  it("lets a bomb grow only as far as its reader asks, and takes no input that nobody reads", async () => {
    const packed = gzipSync(Buffer.alloc(10_000_000)).toString("base64");
    assert.equal(await run("bomb", { "x-packed": packed.slice(0, 13_980), "x-format": "gzip" }), true);
    const smaller = brotliCompressSync(Buffer.alloc(10_000_000)).toString("base64");
    assert.ok(smaller.length < 1_000);
    assert.equal(await run("bomb", { "x-packed": smaller, "x-format": "brotli" }), true);
    assert.equal(await run("unread"), true);
  });

  for (const kind of ["derive", "small", "pack"]) {
    it(`charges the request: ${kind} without end answers with the typed error`, async () => {
      const { status, body } = await runner.fetch(`/storm?kind=${kind}`);
      const { error } = JSON.parse(body);
      assert.deepEqual([status, error.code, error.limit, error.value], [503, "ERR_LIMIT_CPU_MS", "cpuMs", 300]);
      assert.ok(error.used >= 300);
      assert.equal((await runner.fetch("/storm?kind=none&caught")).status, 200);
    });
  }

  it("has so many jobs wait and compression streams open, and says so in an error that can be caught", async () => {
    const { body } = await runner.fetch("/rich?kind=queue&caught");
    assert.match(body, /LimitError.*hostWork: 34 of 2/);
    assert.match((await runner.fetch("/rich?kind=codecs&caught")).body, /LimitError.*hostWork: 16 of 2/);
    assert.match((await runner.fetch("/rich?kind=windows&caught")).body, /LimitError.*hostWork: 1 of 2/);
    const { error } = JSON.parse((await runner.fetch("/rich?kind=codecs")).body);
    assert.equal(error.code, "ERR_LIMIT_HOST_WORK");
  });

  it("ends a compression stream with the request that used it first, and says so to whoever goes on with it", async () => {
    assert.equal((await runner.fetch("/outliving/begin")).body, "begun");
    const { body } = await runner.fetch("/outliving/next");
    assert.equal(body, "TypeError: the stream ended with the request that used it first");
  });

  it("does quick work at a module's top level too, charged to its start", async () => {
    const made = `const key = await crypto.subtle.importKey("jwk", { kty: "OKP", crv: "Ed25519", x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" }, "Ed25519", false, ["verify"]);
      let refused; try { await crypto.subtle.digest("SHA-1", new Uint8Array(70_000)); } catch (error) { refused = error.message; }
      const { byteLength } = await crypto.subtle.digest("SHA-256", new Uint8Array(9)); export default () => Response.json([key.type, byteLength, refused]);`;
    const endless = `const data = new Uint8Array(60_000); for (;;) await crypto.subtle.digest("SHA-512", data); export default () => new Response("up");`;
    const other = new TestRunner({ workers: 1 });
    try {
      await other.start();
      await other.deploy({ top: { code: made, routes: ["/*"] } });
      const [type, bytes, refused] = JSON.parse((await other.fetch("/")).body);
      assert.deepEqual([type, bytes], ["public", 32]);
      assert.match(refused, /works inside a request only, not at the top level of a module/);
      // More than stay warm: the last ones are tried in isolates that end again.
      const many = Array.from({ length: 17 }, (_, index) => [
        `top${index}`,
        { code: `// ${index}\n${made}`, routes: [`/${index}`] },
      ]);
      await other.deploy(Object.fromEntries(many));
      assert.equal((await other.fetch("/16")).status, 200);
      const { status, body } = await other.activate(
        other.writeRelease({ top: { code: endless, routes: ["/*"], limits: { startMs: 100 } } }),
      );
      assert.equal(status, 422, body);
      assert.match(body, /startMs/);
    } finally {
      await other[Symbol.asyncDispose]();
    }
  });

  it("lets another function's jobs pass a storm of one", async () => {
    const storm = runner.fetch("/rich?kind=derive");
    let served = 0;
    let over = false;
    void storm.then(() => {
      over = true;
    });
    while (!over && served < 3) {
      assert.equal((await runner.fetch("/quick")).body, "quick");
      served++;
    }
    assert.equal(over, false, `only ${served} were served beside the storm`);
    assert.equal((await storm).status, 504);
  });
});
