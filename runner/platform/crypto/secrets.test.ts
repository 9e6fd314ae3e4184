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
  for (const name of ["then", "d", "k", "toJSON", "bytes", "0"]) defineProperty(Object.prototype, name, { configurable: true, get() { if (on) { on = false; seen[seen.length] = this; on = true; } return undefined; }, set(value) { defineProperty(this, name, { value, writable: true, enumerable: true, configurable: true }); } });
  for (const name of globals) { const C = globalThis[name]; globalThis[name] = new Proxy(C, { construct(target, given, by) { if (on) seen[seen.length] = given[0]; const made = Reflect.construct(target, given, by); if (on) seen[seen.length] = made; return made; } }); }
}
const hexOf = (value) => { let text = ""; for (let i = 0; i < value.length; i++) text += (value[i] < 16 ? "0" : "") + value[i].toString(16); return text; };
const textOf = (value) => { try { if (typeof value === "string") return value; if (ArrayBuffer.isView(value)) return hexOf(new bytesClass(value.buffer)); if (value instanceof ArrayBuffer) return hexOf(new bytesClass(value)); if (Array.isArray(value)) return value.every((x) => typeof x === "number") ? hexOf(value) : value.map(textOf).join(); if (typeof value === "object" && value !== null) return Object.values(value).map((x) => (typeof x === "string" ? x : ArrayBuffer.isView(x) || x instanceof ArrayBuffer ? textOf(x) : "")).join(); } catch {} return ""; };
export default { async fetch(request) {
  const { subtle } = crypto; const iv = new Uint8Array(12); const gcm = { name: "AES-GCM", iv }; const hmac = { name: "HMAC", hash: "SHA-256" }; const curve = { name: "ECDSA", namedCurve: "P-256" }; const data = new Uint8Array(5);
  const wrapping = await subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["wrapKey", "unwrapKey"]);
  const secret = await subtle.generateKey(hmac, true, ["sign"]); const pair = await subtle.generateKey(curve, true, ["sign", "verify"]); const rsa = await subtle.generateKey({ name: "RSA-PSS", hash: "SHA-256", modulusLength: 1024, publicExponent: new Uint8Array([1, 0, 1]) }, true, ["sign", "verify"]);
  const base = await subtle.importKey("raw", new Uint8Array(20).fill(3), "HKDF", false, ["deriveKey", "deriveBits"]); const derivation = { name: "HKDF", hash: "SHA-256", salt: data, info: data };
  const known = [hexOf(new Uint8Array(await subtle.exportKey("raw", secret))), hexOf(new Uint8Array(await subtle.deriveBits(derivation, base, 256)))];
  for (const key of [pair.privateKey, rsa.privateKey]) { const jwk = await subtle.exportKey("jwk", key); known.push(jwk.d, jwk.d.slice(0, 20), hexOf(new Uint8Array(await subtle.exportKey("pkcs8", key))).slice(-80)); }
  const kText = (await subtle.exportKey("jwk", secret)).k; known.push(kText);
  const wrapped = { raw: await subtle.wrapKey("raw", secret, wrapping, gcm), jwk: await subtle.wrapKey("jwk", secret, wrapping, gcm), pkcs8: await subtle.wrapKey("pkcs8", pair.privateKey, wrapping, gcm), rsa: await subtle.wrapKey("pkcs8", rsa.privateKey, wrapping, gcm) };
  if (request.url.endsWith("control")) { spy(); on = true; new Uint8Array(await subtle.exportKey("raw", secret)).slice(); on = false; }
  else {
    spy(); on = true;
    const again = await subtle.unwrapKey("raw", wrapped.raw, wrapping, gcm, hmac, false, ["sign"]); await subtle.sign("HMAC", again, data);
    const signer = await subtle.unwrapKey("pkcs8", wrapped.pkcs8, wrapping, gcm, curve, false, ["sign"]); await subtle.sign({ name: "ECDSA", hash: "SHA-256" }, signer, data);
    const large = await subtle.unwrapKey("pkcs8", wrapped.rsa, wrapping, gcm, { name: "RSA-PSS", hash: "SHA-256" }, false, ["sign"]); await subtle.sign({ name: "RSA-PSS", saltLength: 8 }, large, data);
    const derived = await subtle.deriveKey(derivation, base, hmac.hash && { name: "AES-GCM", length: 256 }, false, ["encrypt"]); await subtle.encrypt(gcm, derived, data); await subtle.sign("HMAC", again, new bytesClass(70_000));
    await subtle.generateKey({ name: "RSA-PSS", hash: "SHA-256", modulusLength: 1024, publicExponent: new bytesClass([1, 0, 1]) }, false, ["sign"]); on = false;
  }
  const found = []; for (let i = 0; i < seen.length; i++) { const text = textOf(seen[i]); for (let k = 0; k < known.length; k++) if (text.length >= known[k].length && text.includes(known[k])) found[found.length] = k; }
  return new Response(found.length + " of " + seen.length);
} };`;

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
