import type { Attack } from "../attack.ts";

const CPU = "ERR_LIMIT_CPU_MS";
const HEAP = "ERR_LIMIT_HEAP_MB";
const HOST = "ERR_LIMIT_HOST_WORK";

/** Work with keys that costs the host much for little, and arguments that act while they are read. */
export const CRYPTO_ATTACKS: readonly Attack[] = [
  {
    name: "rsa-keys",
    code: `const make = () => crypto.subtle.generateKey({ name: "RSA-PSS", modulusLength: 4096, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256" }, false, ["sign"]);
    await Promise.all(Array.from({ length: 60 }, make)); return new Response("survived");`,
    expect: [CPU, HOST],
    cost: "isolate",
  },
  {
    name: "rsa-giants",
    code: `const sizes = [8192, 16384, 1e6, 2 ** 31, 2 ** 32 - 1, 0, 1, 511]; const exponents = [[1, 0, 1, 0, 1], [0], [1], [2], new Array(4096).fill(255), []];
    const attempts = [...sizes.map((modulusLength) => ({ modulusLength, publicExponent: new Uint8Array([1, 0, 1]) })), ...exponents.map((bytes) => ({ modulusLength: 2048, publicExponent: new Uint8Array(bytes) }))];
    for (const attempt of attempts) { try { await crypto.subtle.generateKey({ name: "RSA-OAEP", hash: "SHA-1", ...attempt }, false, ["decrypt"]); return new Response("leaked " + JSON.stringify(attempt)); } catch {} }
    const long = "_".repeat(2000); for (const jwk of [{ n: long, e: "AQAB" }, { n: "_".repeat(512), e: "_".repeat(512) }]) { try { await crypto.subtle.importKey("jwk", { kty: "RSA", ...jwk }, { name: "RSA-PSS", hash: "SHA-1" }, true, ["verify"]); return new Response("leaked"); } catch {} }
    return new Response("blocked");`,
    expect: ["blocked"],
    cost: "answer",
    calmAfterwards: true,
  },
  {
    name: "rsa-signatures",
    code: `const { privateKey } = await crypto.subtle.generateKey({ name: "RSASSA-PKCS1-v1_5", modulusLength: 1024, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-1" }, false, ["sign"]);
    const data = new Uint8Array(1); const on = async () => { for (;;) await crypto.subtle.sign("RSASSA-PKCS1-v1_5", privateKey, data); }; await Promise.all(Array.from({ length: 20 }, on));`,
    expect: [CPU, HOST],
    cost: "isolate",
  },
  {
    name: "curve-storm",
    code: `const { publicKey, privateKey } = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign", "verify"]); const by = { name: "ECDSA", hash: "SHA-256" }; const data = new Uint8Array(9);
    const signature = await crypto.subtle.sign(by, privateKey, data); for (;;) await crypto.subtle.verify(by, publicKey, signature, data);`,
    expect: [CPU],
    cost: "isolate",
  },
  {
    name: "keys-made-and-dropped",
    code: `for (;;) await crypto.subtle.generateKey({ name: "Ed25519" }, false, ["sign"]);`,
    expect: [CPU, HEAP],
    cost: "isolate",
  },
  {
    name: "unreadable-keys",
    code: `const key = new Uint8Array(60_000).fill(0x30); for (;;) await crypto.subtle.importKey("spki", key, "Ed25519", false, ["verify"]).catch(() => {});`,
    expect: [CPU],
    cost: "isolate",
  },
  {
    name: "algorithms-that-act",
    code: `const { subtle } = crypto; const key = await subtle.importKey("raw", new Uint8Array(16), "AES-GCM", true, ["encrypt", "decrypt"]); const own = { name: "AES-GCM", iv: new Uint8Array(12) };
    let depth = 0; const again = { get name() { if (depth++ < 50) subtle.encrypt(again, key, new Uint8Array(4)).catch(() => {}); return "AES-GCM"; }, iv: new Uint8Array(12) };
    const buffer = new Uint8Array(12); const detaching = { get name() { try { structuredClone(buffer.buffer, { transfer: [buffer.buffer] }); } catch {} return "AES-GCM"; }, iv: buffer };
    const growing = { name: "AES-GCM", get iv() { return new Uint8Array(1e9); } }; const throwing = { get name() { throw { toString() { throw 1; } }; } }; const deep = new Proxy({}, { get: (_, name) => (name === "name" ? "AES-GCM" : deep) });
    for (const algorithm of [again, detaching, growing, throwing, deep, { name: { toString: () => "AES-GCM" }, iv: buffer }, { name: "AES-GCM", iv: new Uint8Array(0) }]) for (const work of ["encrypt", "decrypt"]) { try { await subtle[work](algorithm, key, new Uint8Array(32)); } catch {} }
    const back = await subtle.decrypt(own, key, await subtle.encrypt(own, key, new Uint8Array([1, 2, 3]))); return new Response(new Uint8Array(back).join() === "1,2,3" ? "survived" : "leaked");`,
    expect: ["survived", HEAP],
    cost: "isolate",
  },
];
