import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { TestRunner } from "../../runnerFixture.ts";

/**
 * Everything that a function can put in its own place is in place while keys are made, unwrapped, derived and used: whatever comes
 * by is searched for the keys' bytes, which the function knows here because it may export them.
 */
const CODE = `
const { apply, ownKeys, getOwnPropertyDescriptor, getPrototypeOf, defineProperty } = Reflect;
const seen = []; let on = false;
const spied = (original) => function (...given) { if (on) { on = false; seen[seen.length] = this; for (let i = 0; i < given.length; i++) seen[seen.length] = given[i]; on = true; } const made = apply(original, this, given); if (on) seen[seen.length] = made; return made; };
const bytesClass = Uint8Array;
const places = [Object, Array, String, Number, Promise, Map, Set, ArrayBuffer, DataView, Uint8Array, getPrototypeOf(Uint8Array), Function, Symbol].flatMap((C) => [C, C.prototype]).concat([JSON, Reflect, Math, getPrototypeOf([][Symbol.iterator]()), Object.prototype]);
const globals = ["Uint8Array", "ArrayBuffer", "Promise", "Map", "Array", "DataView", "Object"];
function spy() {
  for (const place of places) for (const key of ownKeys(place)) { const found = getOwnPropertyDescriptor(place, key); if (key === "constructor" || key === "prototype" || !found.configurable) continue;
    if (typeof found.value === "function") defineProperty(place, key, { ...found, value: spied(found.value) }); else if (found.get) defineProperty(place, key, { ...found, get: spied(found.get) }); }
  for (const name of ["then", "d", "k", "oth", "alg", "use", "toJSON", "bytes", "0"]) defineProperty(Object.prototype, name, { configurable: true, get() { if (on) { on = false; seen[seen.length] = this; on = true; } return undefined; }, set(value) { defineProperty(this, name, { value, writable: true, enumerable: true, configurable: true }); } });
  for (const name of globals) { const C = globalThis[name]; globalThis[name] = new Proxy(C, { construct(target, given, by) { if (on) seen[seen.length] = given[0]; const made = Reflect.construct(target, given, by); if (on) seen[seen.length] = made; return made; } }); }
}
const hexOf = (value) => { let text = ""; for (let i = 0; i < value.length; i++) text += (value[i] < 16 ? "0" : "") + value[i].toString(16); return text; };
const textOf = (value) => { try { if (typeof value === "string") return value; if (ArrayBuffer.isView(value)) return hexOf(new bytesClass(value.buffer)); if (value instanceof ArrayBuffer) return hexOf(new bytesClass(value)); if (Array.isArray(value)) return value.every((x) => typeof x === "number") ? hexOf(value) : value.map(textOf).join(); if (typeof value === "object" && value !== null) return Object.values(value).map((x) => (typeof x === "string" ? x : ArrayBuffer.isView(x) || x instanceof ArrayBuffer ? textOf(x) : "")).join(); } catch {} return ""; };
export default { async fetch(request) {
  const { subtle } = crypto; const iv = new Uint8Array(12); const gcm = { name: "AES-GCM", iv }; const hmac = { name: "HMAC", hash: "SHA-256" }; const curve = { name: "ECDSA", namedCurve: "P-256" }; const data = new Uint8Array(5);
  const wrapping = await subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["wrapKey", "unwrapKey", "encrypt"]);
  const secret = await subtle.generateKey(hmac, true, ["sign"]); const pair = await subtle.generateKey(curve, true, ["sign", "verify"]); const rsa = await subtle.generateKey({ name: "RSA-PSS", hash: "SHA-256", modulusLength: 1024, publicExponent: new Uint8Array([1, 0, 1]) }, true, ["sign", "verify"]);
  const base = await subtle.importKey("raw", new Uint8Array(20).fill(3), "HKDF", false, ["deriveKey", "deriveBits"]); const derivation = { name: "HKDF", hash: "SHA-256", salt: data, info: data };
  const known = [hexOf(new Uint8Array(await subtle.exportKey("raw", secret))), hexOf(new Uint8Array(await subtle.deriveBits(derivation, base, 256)))];
  for (const key of [pair.privateKey, rsa.privateKey]) { const jwk = await subtle.exportKey("jwk", key); known.push(jwk.d, jwk.d.slice(0, 20), hexOf(new Uint8Array(await subtle.exportKey("pkcs8", key))).slice(-80)); }
  const kText = (await subtle.exportKey("jwk", secret)).k; known.push(kText);
  const wrapped = { raw: await subtle.wrapKey("raw", secret, wrapping, gcm), jwk: await subtle.wrapKey("jwk", secret, wrapping, gcm), pkcs8: await subtle.wrapKey("pkcs8", pair.privateKey, wrapping, gcm), pairJwk: await subtle.wrapKey("jwk", pair.privateKey, wrapping, gcm), rsa: await subtle.wrapKey("pkcs8", rsa.privateKey, wrapping, gcm) };
  const asJson = (value) => { const text = JSON.stringify(value); const bytes = new Uint8Array(text.length); for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i); return bytes; };
  const odd = []; for (const jwk of [{ kty: "oct", k: [kText] }, { kty: "RSA", oth: [{ d: kText }], n: kText, e: "AQAB" }]) odd.push(await subtle.encrypt(gcm, wrapping, asJson(jwk)));
  if (request.url.endsWith("control")) { spy(); on = true; new Uint8Array(await subtle.exportKey("raw", secret)).slice(); on = false; }
  else {
    spy(); on = true;
    const again = await subtle.unwrapKey("raw", wrapped.raw, wrapping, gcm, hmac, false, ["sign"]); await subtle.sign("HMAC", again, data); await subtle.unwrapKey("jwk", wrapped.jwk, wrapping, gcm, hmac, false, ["sign"]); await subtle.unwrapKey("jwk", wrapped.pairJwk, wrapping, gcm, curve, false, ["sign"]);
    const signer = await subtle.unwrapKey("pkcs8", wrapped.pkcs8, wrapping, gcm, curve, false, ["sign"]); await subtle.sign({ name: "ECDSA", hash: "SHA-256" }, signer, data);
    for (let i = 0; i < 2; i++) try { await subtle.unwrapKey("jwk", odd[i], wrapping, gcm, i === 0 ? hmac : { name: "RSA-PSS", hash: "SHA-256" }, false, i === 0 ? ["sign"] : ["verify"]); } catch {}
    const large = await subtle.unwrapKey("pkcs8", wrapped.rsa, wrapping, gcm, { name: "RSA-PSS", hash: "SHA-256" }, false, ["sign"]); await subtle.sign({ name: "RSA-PSS", saltLength: 8 }, large, data);
    const derived = await subtle.deriveKey(derivation, base, hmac.hash && { name: "AES-GCM", length: 256 }, false, ["encrypt"]); await subtle.encrypt(gcm, derived, data); await subtle.sign("HMAC", again, new bytesClass(70_000));
    await subtle.generateKey({ name: "RSA-PSS", hash: "SHA-256", modulusLength: 1024, publicExponent: new bytesClass([1, 0, 1]) }, false, ["sign"]); on = false;
  }
  const found = []; for (let i = 0; i < seen.length; i++) { const text = textOf(seen[i]); for (let k = 0; k < known.length; k++) if (text.length >= known[k].length && text.includes(known[k])) found[found.length] = k; }
  return new Response(found.length + " of " + seen.length);
} };`;

/** What the host is asked for is written otherwise, where a function can write in it: the answers say what it did. */
const REWRITING = `
const { defineProperty } = Object;
const isBytes = (value) => value instanceof ArrayBuffer;
async function underRewriting(place, to, work) {
  let rewritten = 0;
  defineProperty(place, "toJSON", { configurable: true, value() { rewritten++; return to(this); } });
  let told;
  try { const made = await work(); told = isBytes(made) ? [...new Uint8Array(made)].join() : typeof made; } catch (error) { told = error.name; }
  delete place.toJSON;
  return { told, rewritten };
}
async function underSetter(work) {
  let asked = 0;
  for (const index of ["0", "1", "2"]) defineProperty(Array.prototype, index, { configurable: true, set(value) { if (typeof value === "number") { asked++; value = 1; } defineProperty(this, index, { value, writable: true, enumerable: true, configurable: true }); } });
  const told = [...new Uint8Array(await work())].join();
  for (const index of ["0", "1", "2"]) delete Array.prototype[index];
  return { told, asked };
}
export default { async fetch() {
  const { subtle } = crypto; const secret = new Uint8Array(32).fill(7); const data = new Uint8Array(5);
  const pair = await subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign", "verify"]);
  const hmac = await subtle.importKey("raw", secret, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const aes = await subtle.importKey("raw", secret, "AES-CBC", false, ["encrypt"]);
  const sign = () => subtle.sign({ name: "ECDSA", hash: "SHA-256" }, pair.privateKey, data);
  const mac = () => subtle.sign("HMAC", hmac, data);
  const encrypt = () => subtle.encrypt({ name: "AES-CBC", iv: new Uint8Array(16) }, aes, data);
  const asExport = () => ({ op: "export", format: "jwk", kind: "P-256", isPrivate: true, sizes: Object.setPrototypeOf([], null) });
  const asImport = () => ({ op: "import", format: "raw", kind: "X25519", isPrivate: false, sizes: Object.setPrototypeOf([], null) });
  const out = { mac: [...new Uint8Array(await mac())].join(), aes: [...new Uint8Array(await encrypt())].join() };
  const signature = await underRewriting(Object.prototype, asExport, async () => subtle.verify({ name: "ECDSA", hash: "SHA-256" }, pair.publicKey, await sign(), data));
  out.rewritten = [signature, await underRewriting(Object.prototype, asImport, mac), await underRewriting(Object.prototype, asImport, encrypt)];
  for (const place of [Array.prototype, Object.prototype]) out.rewritten.push(await underRewriting(place, () => [], mac), await underRewriting(place, (value) => value.map?.(() => 1) ?? value, mac));
  for (const { prototype } of [String, Number, Boolean]) out.rewritten.push(await underRewriting(prototype, () => "export", mac));
  out.set = await underSetter(mac);
  return Response.json(out);
} };`;

/** Requests for sub-requests, jobs and answers go out as they are, whatever is on the prototypes. */
const HEADS = `
let rewritten = 0;
for (const { prototype } of [Object, Array, String, Number, Boolean]) Object.defineProperty(prototype, "toJSON", { value() { rewritten++; return { __proto__: null, status: 500, op: "codec" }; } });
export default { async fetch(request, env) {
  const { readable, writable } = new CompressionStream("gzip"); const writer = writable.getWriter(); writer.write(new Uint8Array(10)); writer.close();
  const packed = new Uint8Array(await new Response(readable).arrayBuffer());
  const refused = []; for (const work of [() => fetch("http://127.0.0.1:1/"), () => caches.default.match("https://own.example/")]) try { refused.push(typeof await work()); } catch (error) { refused.push(error.name); }
  return new Response([packed[0], rewritten, ...refused].join(" "), { status: 203, headers: { "x-own": "2" } });
} };`;

describe("what the host is asked for", () => {
  let runner: TestRunner;
  before(async () => {
    runner = new TestRunner({ workers: 1 });
    await runner.start();
    await runner.deploy({
      rewriting: { code: REWRITING, routes: ["/rewriting"] },
      heads: { code: HEADS, routes: ["/heads"] },
    });
  });
  after(() => runner[Symbol.asyncDispose]());

  it("is not written by a toJSON or a setter on a prototype: no other work is done with a key's bytes", async () => {
    const { status, body } = await runner.fetch("/rewriting");
    assert.equal(status, 200, body);
    const { mac, aes, rewritten, set } = JSON.parse(body);
    const [signature, ...others] = rewritten;
    assert.deepEqual(signature, { told: "boolean", rewritten: 0 });
    assert.deepEqual(
      others,
      [mac, aes, ...Array(7).fill(mac)].map((told) => ({ told, rewritten: 0 })),
    );
    assert.deepEqual(set, { told: mac, asked: 0 });
  });

  it("is not written by them in heads of answers, jobs, sub-requests and operations of bindings", async () => {
    const { status, body, headers } = await runner.fetch("/heads");
    assert.deepEqual([status, body, headers["x-own"]], [203, "31 0 TypeError undefined", "2"]);
  });
});

describe("bytes of keys", () => {
  let runner: TestRunner;
  before(async () => {
    runner = new TestRunner({ workers: 1 });
    await runner.start();
    const limits = { cpuMs: 30_000, wallMs: 30_000 };
    await runner.deploy({
      hostile: { code: CODE, routes: ["/hostile"], limits },
      control: { code: CODE, routes: ["/control"], limits },
    });
  });
  after(() => runner[Symbol.asyncDispose]());

  it("are never seen by what a function puts in the place of a built-in", async () => {
    const { status, body } = await runner.fetch("/hostile");
    assert.equal(status, 200, body);
    const [found, seen] = body.split(" of ").map(Number);
    assert.equal(found, 0);
    assert.ok((seen ?? 0) > 50, body);
  });

  it("are seen where the function may have them", async () => {
    const { status, body } = await runner.fetch("/control");
    assert.equal(status, 200, body);
    assert.doesNotMatch(body, /^0 /);
  });
});
