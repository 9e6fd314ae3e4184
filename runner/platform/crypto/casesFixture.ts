/**
 * Bodies of async functions that use Web Cryptography; `attempt(work)` gives the name of the error that it rejects with. What they
 * return in the runner must be what they return in Node, whose own implementation passes the public tests. Where Node differs from
 * the standard's text is no case here.
 */
const KEY_DATA = `
  const pairs = { "RSASSA-PKCS1-v1_5": RSA("RSASSA-PKCS1-v1_5"), "RSA-PSS": RSA("RSA-PSS"), "RSA-OAEP": RSA("RSA-OAEP"), Ed25519: "Ed25519", X25519: "X25519",
    ...Object.fromEntries(["ECDSA", "ECDH"].flatMap((name) => ["P-256", "P-384", "P-521"].map((namedCurve) => [name + namedCurve, { name, namedCurve }]))) };`;

export const CASES: Readonly<Record<string, string>> = {
  digest: `const out = []; for (const name of ["SHA-1", "sha-256", { name: "Sha-384" }, "SHA-512"]) for (const size of [0, 1, 70_000]) out.push(hex(await subtle.digest(name, data(size))));
    for (const bad of ["MD5", "", {}, null, undefined, 1n]) out.push(await attempt(() => subtle.digest(bad, data(1))));
    for (const bad of ["text", null, {}, [1], undefined]) out.push(await attempt(() => subtle.digest("SHA-1", bad)));
    out.push(await attempt(() => subtle.digest("SHA-1")), await attempt(() => subtle.digest.call({}, "SHA-1", data(1))), hex(await subtle.digest("SHA-1", new DataView(data(9).buffer, 2, 3))));
    const source = data(4); out.push(hex(await subtle.digest({ get name() { source[0] = 99; return "SHA-1"; } }, source)));
    const moved = data(4); out.push(hex(await subtle.digest({ get name() { structuredClone(moved.buffer, { transfer: [moved.buffer] }); return "SHA-1"; } }, moved)));
    const later = data(4); const promise = subtle.digest("SHA-1", later); later[0] = 99; out.push(hex(await promise)); return out;`,
  shape: `const descriptor = (target, name) => { const d = Object.getOwnPropertyDescriptor(target, name); return [name, typeof d.value, d.value?.length, d.enumerable, d.configurable, d.writable, typeof d.get]; };
    const out = []; for (const name of ["encrypt", "decrypt", "sign", "verify", "digest", "generateKey", "deriveKey", "deriveBits", "importKey", "exportKey", "wrapKey", "unwrapKey"]) out.push(descriptor(SubtleCrypto.prototype, name));
    for (const name of ["type", "extractable", "algorithm", "usages"]) out.push(descriptor(CryptoKey.prototype, name)); for (const name of ["getRandomValues", "randomUUID", "subtle"]) out.push(descriptor(Crypto.prototype, name));
    const key = await subtle.importKey("raw", data(16), "AES-GCM", true, ["decrypt", "encrypt", "encrypt"]);
    out.push(String(key), String(subtle), String(crypto), key.usages, key.algorithm === key.algorithm, Object.keys(key), key instanceof CryptoKey, crypto.subtle === subtle, subtle instanceof SubtleCrypto, crypto instanceof Crypto);
    for (const make of [() => new CryptoKey(), () => new SubtleCrypto(), () => new Crypto(), () => CryptoKey.prototype.type, () => crypto.getRandomValues.call({}, data(1)), () => crypto.randomUUID.call({})]) out.push(await attempt(make));
    key.algorithm.name = "HMAC"; key.usages.length = 0; out.push(key.algorithm.name, hex(await subtle.encrypt({ name: "AES-GCM", iv: data(12) }, key, data(3))), key.algorithm.length); return out;`,
  random: `const out = []; for (const make of [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, BigInt64Array, BigUint64Array]) { const array = new make(64); out.push(crypto.getRandomValues(array) === array, array.some((x) => x != 0)); }
    for (const bad of [new Float32Array(1), new Float64Array(1), new DataView(new ArrayBuffer(1)), new Uint8Array(65_537)]) out.push(await attempt(() => crypto.getRandomValues(bad)));
    const part = new Uint8Array(10); crypto.getRandomValues(part.subarray(2, 8)); out.push(part[0], part[1], part[8], part[9]);
    out.push(crypto.getRandomValues(new Uint8Array(65_536)).length, crypto.getRandomValues(new Uint8Array(0)).length, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(crypto.randomUUID()), crypto.randomUUID() === crypto.randomUUID()); return out;`,
  hmac: `const out = []; for (const hash of ["SHA-1", "SHA-256", "SHA-384", "SHA-512"]) for (const size of [1, 64, 200]) for (const length of [10, 70_000]) {
      const key = await subtle.importKey("raw", data(size), { name: "HMAC", hash }, true, ["verify", "sign"]); const signature = await subtle.sign("hmac", key, data(length)); const wrong = signature.slice(); new Uint8Array(wrong)[3] ^= 1;
      out.push(hex(signature), await subtle.verify("HMAC", key, signature, data(length)), await subtle.verify("HMAC", key, wrong, data(length)), await subtle.verify("HMAC", key, signature.slice(1), data(length)), shown(key), await subtle.exportKey("jwk", key), hex(await subtle.exportKey("raw", key))); }
    for (const length of [undefined, 1, 8, 15, 16, 17, 0, -1, NaN, 2 ** 32, "12", null]) out.push(await attempt(async () => { const key = await subtle.importKey("raw", data(2), { name: "HMAC", hash: "SHA-1", length }, true, ["sign"]); return [shown(key), hex(await subtle.exportKey("raw", key))]; }));
    for (const length of [undefined, 1, 9, 512, 0, "x"]) out.push(await attempt(async () => { const key = await subtle.generateKey({ name: "HMAC", hash: "SHA-384", length }, true, ["sign"]); return [shown(key), (await subtle.exportKey("raw", key)).byteLength]; }));
    return out;`,
  imports: `const out = []; const hmac = { name: "HMAC", hash: "SHA-256" }; const good = { kty: "oct", k: "AAEC" };
    for (const [format, bytes, algorithm, extractable, usages] of [["raw", data(0), hmac, true, ["sign"]], ["raw", data(9), hmac, true, []], ["raw", data(9), hmac, true, ["encrypt"]], ["raw", data(9), hmac, true, ["fly"]], ["raw", data(9), hmac, true, 5], ["raw", data(9), hmac, true, new Set(["sign"])], ["pkcs8", data(9), hmac, true, ["sign"]],
      ["fly", data(9), hmac, true, ["sign"]], ["raw", good, hmac, true, ["sign"]], ["raw", "text", hmac, true, ["sign"]], ["raw", data(9), { name: "HMAC" }, true, ["sign"]], ["raw", data(9), "HMAC", true, ["sign"]], ["raw", data(9), { name: "HMAC", hash: "MD5" }, true, ["sign"]],
      ["jwk", good, hmac, true, ["sign"]], ["jwk", { ...good, alg: "HS256", use: "sig", ext: true, key_ops: ["sign", "verify"] }, hmac, true, ["sign"]], ["jwk", { ...good, alg: "HS512" }, hmac, true, ["sign"]], ["jwk", { ...good, use: "enc" }, hmac, true, ["sign"]], ["jwk", { ...good, ext: false }, hmac, true, ["sign"]], ["jwk", { ...good, ext: false }, hmac, false, ["sign"]],
      ["jwk", { ...good, key_ops: ["verify"] }, hmac, true, ["sign"]], ["jwk", { ...good, key_ops: ["sign", "sign"] }, hmac, true, ["sign"]], ["jwk", { ...good, kty: "RSA" }, hmac, true, ["sign"]], ["jwk", { kty: "oct" }, hmac, true, ["sign"]], ["jwk", {}, hmac, true, ["sign"]], ["jwk", null, hmac, true, ["sign"]], ["jwk", "x", hmac, true, ["sign"]],
      ["raw", data(16), "AES-GCM", true, ["encrypt", "unwrapKey"]], ["raw", data(17), "AES-GCM", true, ["encrypt"]], ["raw", data(24), "AES-CBC", true, ["decrypt"]], ["raw", data(32), "AES-KW", true, ["wrapKey"]], ["raw", data(32), "AES-KW", true, ["encrypt"]], ["raw", data(32), "AES-CTR", false, []], ["jwk", { kty: "oct", k: "AAECAwQFBgcICQoLDA0ODw", alg: "A128GCM" }, "AES-GCM", true, ["encrypt"]],
      ["jwk", { kty: "oct", k: "AAECAwQFBgcICQoLDA0ODw", alg: "A256GCM" }, "AES-GCM", true, ["encrypt"]], ["raw", data(9), "PBKDF2", false, ["deriveBits"]], ["raw", data(0), "HKDF", false, ["deriveKey"]], ["raw", data(9), "PBKDF2", true, ["deriveBits"]], ["raw", data(9), "HKDF", false, ["sign"]], ["jwk", good, "HKDF", false, ["deriveBits"]], ["raw", data(9), "nothing", true, []],
      ["raw", data(32), "Ed25519", true, ["verify"]], ["raw", data(31), "Ed25519", true, ["verify"]], ["raw", data(32), "Ed25519", true, ["sign"]], ["raw", data(32), "X25519", true, []], ["raw", data(32), "X25519", true, ["deriveBits"]], ["raw", data(65), { name: "ECDSA", namedCurve: "P-256" }, true, ["verify"]], ["spki", data(65), { name: "ECDSA", namedCurve: "P-256" }, true, ["verify"]],
      ["pkcs8", data(65), { name: "RSA-PSS", hash: "SHA-1" }, true, ["sign"]], ["raw", data(65), { name: "RSA-PSS", hash: "SHA-1" }, true, ["verify"]], ["jwk", { kty: "RSA", n: "AQAB" }, { name: "RSA-PSS", hash: "SHA-1" }, true, ["verify"]]])
      out.push(await attempt(async () => { const key = await subtle.importKey(format, bytes, algorithm, extractable, usages); return [shown(key), key.extractable ? await subtle.exportKey("jwk", key).catch((e) => e.name) : await attempt(() => subtle.exportKey("raw", key))]; }));
    return out;`,
  aes: `const out = []; const vectors = { "AES-CBC": { iv: data(16) }, "AES-CTR": { counter: data(16).fill(255, 8), length: 64 }, "AES-GCM": { iv: data(12), additionalData: data(5) } };
    for (const [name, parameters] of Object.entries(vectors)) for (const bytes of [16, 24, 32]) { const key = await subtle.importKey("raw", data(bytes), name, true, ["encrypt", "decrypt"]); const algorithm = { name, ...parameters };
      for (const size of [0, 1, 16, 100, 70_000]) { const sealed = await subtle.encrypt(algorithm, key, data(size)); out.push(hex(await subtle.digest("SHA-1", sealed)), sealed.byteLength, hex(await subtle.digest("SHA-1", await subtle.decrypt(algorithm, key, sealed)))); } out.push(shown(key), (await subtle.exportKey("jwk", key)).alg); }
    const key = await subtle.importKey("raw", data(16), "AES-GCM", true, ["encrypt", "decrypt"]); const sealed = await subtle.encrypt({ name: "AES-GCM", iv: data(12) }, key, data(20));
    for (const tagLength of [32, 64, 96, 104, 112, 120, 128, 0, 127, 129, 256, -1]) out.push(await attempt(async () => { const algorithm = { name: "AES-GCM", iv: data(12), tagLength }; const bytes = await subtle.encrypt(algorithm, key, data(3)); return [hex(bytes), hex(await subtle.decrypt(algorithm, key, bytes))]; }));
    for (const [algorithm, bytes] of [[{ name: "AES-GCM", iv: data(13) }, sealed], [{ name: "AES-GCM", iv: data(12) }, sealed.slice(1)], [{ name: "AES-GCM", iv: data(12) }, sealed.slice(0, 3)], [{ name: "AES-GCM", iv: data(12), additionalData: data(1) }, sealed], [{ name: "AES-GCM" }, sealed], [{ name: "AES-GCM", iv: "x" }, sealed], ["AES-GCM", sealed], [{ name: "AES-CBC", iv: data(16) }, sealed]]) out.push(await attempt(() => subtle.decrypt(algorithm, key, bytes)));
    const cbc = await subtle.importKey("raw", data(16), "AES-CBC", true, ["encrypt", "decrypt"]); for (const [iv, size] of [[15, 16], [17, 16], [16, 15], [16, 0], [16, 16]]) out.push(await attempt(() => subtle.decrypt({ name: "AES-CBC", iv: data(iv) }, cbc, data(size))), await attempt(async () => hex(await subtle.encrypt({ name: "AES-CBC", iv: data(iv) }, cbc, data(size)))));
    return out;`,
  counters: `const out = []; const key = await subtle.importKey("raw", data(16), "AES-CTR", true, ["encrypt", "decrypt"]); const whole = (fill) => new Uint8Array(16).fill(fill);
    for (const length of [1, 2, 7, 8, 9, 32, 63, 64, 65, 127, 128]) for (const counter of [whole(0), whole(255), whole(0xfe), data(16)]) for (const size of [15, 32, 33, 100, 70_000]) out.push(await attempt(async () => hex(await subtle.digest("SHA-1", await subtle.encrypt({ name: "AES-CTR", counter, length }, key, data(size))))));
    for (const [counter, length] of [[15, 64], [16, 0], [16, 129], [16, 256], [16, undefined]]) out.push(await attempt(() => subtle.encrypt({ name: "AES-CTR", counter: data(counter), length }, key, data(4)))); return out;`,
  derivations: `const out = []; const hkdf = await subtle.importKey("raw", data(22), "HKDF", false, ["deriveBits", "deriveKey"]); const pbkdf2 = await subtle.importKey("raw", data(8), "PBKDF2", false, ["deriveBits", "deriveKey"]);
    for (const hash of ["SHA-1", "SHA-256", "SHA-384", "SHA-512"]) for (const bits of [8, 160, 1024, 0, 7, null, undefined]) { out.push(await attempt(async () => hex(await subtle.deriveBits({ name: "HKDF", hash, salt: data(13), info: data(10) }, hkdf, bits))), await attempt(async () => hex(await subtle.deriveBits({ name: "PBKDF2", hash, salt: data(8), iterations: 12 }, pbkdf2, bits)))); }
    for (const type of [{ name: "AES-GCM", length: 256 }, { name: "AES-KW", length: 128 }, { name: "AES-CBC", length: 100 }, "AES-CBC", { name: "HMAC", hash: "SHA-384" }, { name: "HMAC", hash: "SHA-1", length: 24 }, "HKDF", "Ed25519"])
      out.push(await attempt(async () => { const uses = { "AES-KW": "wrapKey", HMAC: "sign", HKDF: "deriveBits" }; const key = await subtle.deriveKey({ name: "HKDF", hash: "SHA-256", salt: data(0), info: data(0) }, hkdf, type, true, [uses[type.name ?? type] ?? "encrypt"]); return [shown(key), hex(await subtle.exportKey("raw", key))]; }));
    out.push(await attempt(() => subtle.deriveBits({ name: "HKDF", hash: "SHA-1", salt: data(1), info: data(1) }, hkdf, 8 * 20 * 256)), await attempt(() => subtle.deriveBits({ name: "PBKDF2", hash: "SHA-1", salt: data(1), iterations: 0 }, pbkdf2, 8)), await attempt(() => subtle.deriveBits({ name: "PBKDF2", hash: "SHA-1", salt: data(1), iterations: 1 }, hkdf, 8)), await attempt(() => subtle.deriveBits({ name: "PBKDF2", hash: "SHA-1", iterations: 1 }, pbkdf2, 8)));
    return out;`,
  generated: `${KEY_DATA} const out = []; for (const [name, algorithm] of Object.entries(pairs)) { const usages = /ECDH|X25519/.test(name) ? ["deriveBits", "deriveKey"] : /OAEP/.test(name) ? ["encrypt", "decrypt", "wrapKey", "unwrapKey"] : ["sign", "verify"];
      const { publicKey, privateKey } = await subtle.generateKey(algorithm, false, usages); out.push(shown(publicKey), shown(privateKey), await attempt(() => subtle.exportKey("pkcs8", privateKey)), (await subtle.exportKey("spki", publicKey)).byteLength, Object.keys(await subtle.exportKey("jwk", publicKey)).sort().join());
      out.push(await attempt(() => subtle.generateKey(algorithm, true, [])), await attempt(() => subtle.generateKey(algorithm, true, ["fly"])), await attempt(() => subtle.generateKey(algorithm, true, [usages[0], /ECDH|X25519/.test(name) ? "sign" : "deriveBits"]))); }
    for (const algorithm of [{ name: "AES-GCM", length: 128 }, { name: "AES-CTR", length: 192 }, { name: "AES-CBC", length: 100 }, { name: "AES-KW", length: 256 }, "AES-GCM", { name: "AES-GCM", length: 70_000 }, { name: "ECDSA", namedCurve: "P-1" }, { name: "ECDSA" }, "RSA-PSS", { ...RSA("RSA-PSS"), publicExponent: new Uint8Array([2]) }, { ...RSA("RSA-PSS"), publicExponent: [1, 0, 1] }, { ...RSA("RSA-PSS"), hash: "x" }, "HKDF", "PBKDF2", "SHA-1", "nothing"])
      out.push(await attempt(async () => shown(await subtle.generateKey(algorithm, true, algorithm.name === "AES-KW" ? ["unwrapKey", "wrapKey"] : /EC|RSA/.test(algorithm.name ?? algorithm) ? ["sign"] : ["decrypt", "encrypt"])))); return out;`,
  given: `const out = []; for (const [name, format, bytes, algorithm, usages] of KEYS) { const key = await subtle.importKey(format, format === "jwk" ? bytes : unhex(bytes), algorithm, true, usages); out.push(name, shown(key));
      for (const to of ["spki", "pkcs8", "jwk", ...(key.type === "public" ? ["raw"] : [])]) out.push(await attempt(async () => { const exported = await subtle.exportKey(to, key); return to === "jwk" ? Object.entries(exported).sort() : hex(exported); }));
      if (format !== "jwk") { out.push(await attempt(() => subtle.importKey(format, unhex(bytes).slice(1), algorithm, true, usages)), await attempt(() => subtle.importKey(format, unhex(bytes), algorithm, true, ["wrapKey", "sign", "deriveBits"])), await attempt(() => subtle.importKey(format, unhex(bytes), algorithm.namedCurve ? { ...algorithm, namedCurve: algorithm.namedCurve === "P-256" ? "P-384" : "P-256" } : algorithm.hash ? { name: "Ed25519" } : "ECDSA", true, usages))); continue; }
      for (const change of [{ kty: "oct" }, { use: "x" }, { key_ops: [] }, { ext: false }, { alg: "X" }, { crv: "P-1" }, { x: undefined }, { n: undefined }, { d: undefined }, { p: undefined }, { x: "!" }, { key_ops: [...usages, "extra"] }]) out.push(await attempt(async () => shown(await subtle.importKey("jwk", { ...bytes, ...change }, algorithm, true, usages)))); } return out;`,
};

/** What is before the cases in both places. */
export const PRELUDE = `
const { subtle } = crypto;
const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");
const unhex = (text) => new Uint8Array(text.match(/../g).map((pair) => parseInt(pair, 16)));
const data = (size) => new Uint8Array(size).map((_, index) => (index * 7 + 1) % 256);
const attempt = async (work) => { try { const made = await work(); return made instanceof ArrayBuffer ? hex(made) : made; } catch (error) { return error.name; } };
const plain = (algorithm) => JSON.parse(JSON.stringify(algorithm, (_, value) => (ArrayBuffer.isView(value) ? hex(value.buffer) : value)));
const shown = (key) => [key.type, key.extractable, plain(key.algorithm), [...key.usages]];
const RSA = (name) => ({ name, modulusLength: 1024, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256" });
`;

/** One makes what the other has to understand: signatures, encrypted data, wrapped keys and agreements. */
export const MAKE = `
  const find = (name, format, index = 0) => KEYS.filter(([known]) => known.startsWith(name) && known.endsWith(format))[index];
  const take = async (row, usages) => subtle.importKey(row[1], row[1] === "jwk" ? row[2] : unhex(row[2]), row[3], true, usages);
  const out = { signatures: [], sealed: [], wrapped: [], secrets: [] };
  for (const [name, row, parameters] of [["RSASSA", 0, {}], ["RSA-PSS", 0, { saltLength: 0 }], ["RSA-PSS", 0, { saltLength: 64 }], ["Ed25519", 0, {}], ...[0, 1, 2].flatMap((curve) => ["SHA-1", "SHA-256", "SHA-384", "SHA-512"].map((hash) => ["ECDSA", curve, { hash }]))])
    for (const size of [0, 100, 70_000]) { const key = await take(find(name, "pkcs8", row), ["sign"]); const algorithm = { name: key.algorithm.name, ...parameters }; out.signatures.push([name, row, algorithm, size, hex(await subtle.sign(algorithm, key, data(size)))]); }
  const oaep = await take(find("RSA-OAEP", "spki"), ["encrypt", "wrapKey"]);
  for (const size of [0, 100, 214]) for (const label of [undefined, 5]) out.sealed.push([size, label, hex(await subtle.encrypt({ name: "RSA-OAEP", label: label && data(label) }, oaep, data(size)))]);
  const secret = await subtle.importKey("raw", data(16), "AES-CBC", true, ["encrypt"]); const hmac = await subtle.importKey("raw", data(40), { name: "HMAC", hash: "SHA-256" }, true, ["sign"]);
  const wrapping = { "RSA-OAEP": oaep }; for (const name of ["AES-KW", "AES-GCM", "AES-CBC", "AES-CTR"]) wrapping[name] = await subtle.importKey("raw", data(32), name, true, ["wrapKey", "unwrapKey"]);
  const pkcs8 = await take(find("ECDSA", "pkcs8"), ["sign"]);
  for (const [name, key] of Object.entries(wrapping)) for (const [format, wrapped] of [["raw", secret], ["raw", hmac], ["jwk", hmac], ["jwk", pkcs8], ["pkcs8", pkcs8]]) { const algorithm = { name, iv: data(16), counter: data(16), length: 64 };
    try { out.wrapped.push([name, format, plain(wrapped.algorithm), wrapped.usages, hex(await subtle.wrapKey(format, wrapped, key, name === "AES-GCM" ? { name, iv: data(12) } : algorithm))]); } catch (error) { out.wrapped.push([name, format, error.name]); } }
  for (const [name, row] of [["X25519", 0], ["ECDH", 0], ["ECDH", 1], ["ECDH", 2]]) { const key = await take(find(name, "pkcs8", row), ["deriveBits"]); const peer = await take(find(name, "spki", row), []);
    for (const length of [null, 0, 8, 13, 256, 600]) out.secrets.push(await attempt(() => subtle.deriveBits({ name, public: peer }, key, length)));
    const wrong = await take(find(name === "ECDH" ? "X25519" : "ECDH", "spki"), []); for (const other of [wrong, key, secret, {}]) out.secrets.push(await attempt(() => subtle.deriveBits({ name, public: other }, key, null))); }
  return out;`;
export const CHECK = `
  const find = (name, format, index = 0) => KEYS.filter(([known]) => known.startsWith(name) && known.endsWith(format))[index];
  const take = async (row, usages) => subtle.importKey(row[1], unhex(row[2]), row[3], true, usages); const out = { signatures: [], sealed: [], wrapped: [] };
  for (const [name, row, algorithm, size, signature] of given.signatures) { const key = await take(find(name, "spki", row), ["verify"]); const wrong = unhex(signature); wrong[7] ^= 1;
    out.signatures.push([name, size, await subtle.verify(algorithm, key, unhex(signature), data(size)), await subtle.verify(algorithm, key, wrong, data(size)), await subtle.verify(algorithm, key, unhex(signature).slice(1), data(size)), await subtle.verify(algorithm, key, data(0), data(size)), await subtle.verify(algorithm, key, unhex(signature), data(size + 1))]); }
  const oaep = await take(find("RSA-OAEP", "pkcs8"), ["decrypt", "unwrapKey"]); for (const [size, label, sealed] of given.sealed) out.sealed.push([size, await attempt(() => subtle.decrypt({ name: "RSA-OAEP", label: label ? data(label) : undefined }, oaep, unhex(sealed))), await attempt(() => subtle.decrypt({ name: "RSA-OAEP", label: data(1) }, oaep, unhex(sealed)))]);
  for (const [name, format, algorithm, usages, wrapped] of given.wrapped) out.wrapped.push(await attempt(async () => { if (wrapped === undefined) return algorithm; const key = name === "RSA-OAEP" ? oaep : await subtle.importKey("raw", data(32), name, true, ["unwrapKey"]); const by = name === "AES-GCM" ? { name, iv: data(12) } : { name, iv: data(16), counter: data(16), length: 64 };
    const unwrapped = await subtle.unwrapKey(format, unhex(wrapped), key, by, algorithm.hash ? { ...algorithm, length: undefined } : algorithm, true, usages); return [shown(unwrapped), await subtle.exportKey("jwk", unwrapped), await attempt(() => subtle.unwrapKey(format, unhex(wrapped).slice(8), key, by, algorithm, true, usages))]; }));
  return out;`;
