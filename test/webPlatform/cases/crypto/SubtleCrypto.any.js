idl_test(`
[SecureContext,Exposed=(Window,Worker)]
interface SubtleCrypto {
  Promise<ArrayBuffer> encrypt(AlgorithmIdentifier algorithm, CryptoKey key, BufferSource data);
  Promise<ArrayBuffer> decrypt(AlgorithmIdentifier algorithm, CryptoKey key, BufferSource data);
  Promise<ArrayBuffer> sign(AlgorithmIdentifier algorithm, CryptoKey key, BufferSource data);
  Promise<boolean> verify(AlgorithmIdentifier algorithm, CryptoKey key, BufferSource signature, BufferSource data);
  Promise<ArrayBuffer> digest(AlgorithmIdentifier algorithm, BufferSource data);
  Promise<(CryptoKey or CryptoKeyPair)> generateKey(AlgorithmIdentifier algorithm, boolean extractable, sequence<KeyUsage> keyUsages);
  Promise<CryptoKey> deriveKey(AlgorithmIdentifier algorithm, CryptoKey baseKey, AlgorithmIdentifier derivedKeyType, boolean extractable, sequence<KeyUsage> keyUsages);
  Promise<ArrayBuffer> deriveBits(AlgorithmIdentifier algorithm, CryptoKey baseKey, optional unsigned long? length = null);
  Promise<CryptoKey> importKey(KeyFormat format, (BufferSource or JsonWebKey) keyData, AlgorithmIdentifier algorithm, boolean extractable, sequence<KeyUsage> keyUsages);
  Promise<(ArrayBuffer or JsonWebKey)> exportKey(KeyFormat format, CryptoKey key);
  Promise<ArrayBuffer> wrapKey(KeyFormat format, CryptoKey key, CryptoKey wrappingKey, AlgorithmIdentifier wrapAlgorithm);
  Promise<CryptoKey> unwrapKey(KeyFormat format, BufferSource wrappedKey, CryptoKey unwrappingKey, AlgorithmIdentifier unwrapAlgorithm, AlgorithmIdentifier unwrappedKeyAlgorithm, boolean extractable, sequence<KeyUsage> keyUsages);
};`);

const { subtle } = crypto;
const GCM = { name: "AES-GCM", iv: new Uint8Array(12) };
const aesKey = (usages) => subtle.importKey("raw", new Uint8Array(16), "AES-GCM", true, usages);

for (const name of ["MD5", "AES-GCM", "", "SHA-2", "SHA256", "\u017fha-1"]) {
  promise_test(
    (t) => promise_rejects_dom(t, "NotSupportedError", subtle.digest(name, new Uint8Array(1))),
    `digest does not know ${JSON.stringify(name)}`,
  );
}

for (const [name, given] of Object.entries({
  text: "SHA-1",
  object: { name: "sHa-1" },
  getter: {
    get name() {
      return "SHA-1";
    },
  },
  toString: { name: { toString: () => "SHA-1" } },
})) {
  promise_test(async () => {
    assert_equals((await subtle.digest(given, new Uint8Array(0))).byteLength, 20);
  }, `an algorithm may be given as ${name}`);
}

for (const given of [{}, { name: undefined }, undefined, Symbol("SHA-1"), { name: Symbol("SHA-1") }]) {
  promise_test(
    async (t) => {
      const type = given === undefined ? "NotSupportedError" : TypeError;
      if (type === TypeError) await promise_rejects_js(t, type, subtle.digest(given, new Uint8Array(1)));
      else await promise_rejects_dom(t, type, subtle.digest(given, new Uint8Array(1)));
    },
    `an algorithm is refused without a name: ${given === undefined ? "undefined" : typeof given} ${String(given && Object.keys(Object(given)))}${typeof given?.name}`,
  );
}

promise_test(async () => {
  const read = [];
  const members = { name: "PBKDF2", salt: new Uint8Array(1), iterations: 1, hash: "SHA-1" };
  const algorithm = new Proxy(members, {
    get(target, member) {
      read.push(member);
      return target[member];
    },
  });
  const key = await subtle.importKey("raw", new Uint8Array(1), "PBKDF2", false, ["deriveBits"]);
  await subtle.deriveBits(algorithm, key, 8);
  assert_array_equals(read, ["name", "name", "hash", "iterations", "salt"]);
}, "members of an algorithm are read in the order of their dictionary");

promise_test(async () => {
  const key = await aesKey(["encrypt"]);
  const data = new Uint8Array([1, 2, 3]);
  const algorithm = {
    get name() {
      structuredClone(data.buffer, { transfer: [data.buffer] });
      Object.defineProperty(this, "name", { value: "AES-GCM" });
      return "AES-GCM";
    },
    iv: new Uint8Array(12),
  };
  assert_equals((await subtle.encrypt(algorithm, key, data)).byteLength, 16);
}, "data that are transferred while the algorithm is read are empty");

promise_test(async () => {
  const key = await aesKey(["encrypt", "decrypt"]);
  const iv = new Uint8Array(12);
  const data = new Uint8Array([1, 2, 3]);
  const promise = subtle.encrypt({ name: "AES-GCM", iv }, key, data);
  iv.fill(9);
  data.fill(9);
  assert_array_equals([...new Uint8Array(await subtle.decrypt(GCM, key, await promise))], [1, 2, 3]);
}, "what changes after the call does not count");

promise_test(async (t) => {
  const key = await aesKey(["encrypt"]);
  await promise_rejects_dom(t, "InvalidAccessError", subtle.decrypt(GCM, key, new Uint8Array(16)));
  await promise_rejects_dom(
    t,
    "InvalidAccessError",
    subtle.encrypt({ name: "AES-CBC", iv: new Uint8Array(16) }, key, new Uint8Array(16)),
  );
  await promise_rejects_js(t, TypeError, subtle.encrypt(GCM, {}, new Uint8Array(16)));
  await promise_rejects_js(t, TypeError, subtle.encrypt({ name: "AES-GCM" }, key, new Uint8Array(16)));
  await promise_rejects_js(t, TypeError, subtle.encrypt(GCM, key, "text"));
  await promise_rejects_js(t, TypeError, subtle.encrypt.call({}, GCM, key, new Uint8Array(16)));
}, "a key is refused for another algorithm, and for what it is not for");

const FAILURES = [
  ["NotSupportedError", "nothing", "raw", []],
  ["SyntaxError", "AES-GCM", "raw", ["sign"]],
  ["SyntaxError", "AES-GCM", "raw", []],
  ["SyntaxError", "HKDF", "raw", ["encrypt"]],
  ["DataError", "Ed25519", "raw", ["verify"]],
  ["NotSupportedError", "AES-GCM", "spki", ["encrypt"]],
];
for (const [error, algorithm, format, usages] of FAILURES) {
  promise_test(
    (t) => promise_rejects_dom(t, error, subtle.importKey(format, new Uint8Array(16), algorithm, false, usages)),
    `importKey: ${error} for ${algorithm} as ${format} with [${usages}]`,
  );
}
for (const [what, given] of Object.entries({
  format: ["x", new Uint8Array(16), "AES-GCM", true, ["encrypt"]],
  usage: ["raw", new Uint8Array(16), "AES-GCM", true, ["x"]],
  usages: ["raw", new Uint8Array(16), "AES-GCM", true, 1],
  data: ["raw", {}, "AES-GCM", true, ["encrypt"]],
  jwk: ["jwk", new Uint8Array(16), "AES-GCM", true, ["encrypt"]],
})) {
  promise_test(
    (t) => promise_rejects_js(t, TypeError, subtle.importKey(...given)),
    `importKey: TypeError for a wrong ${what}`,
  );
}

promise_test(async (t) => {
  const key = await subtle.importKey("raw", new Uint8Array(16), "AES-GCM", false, ["encrypt"]);
  await promise_rejects_dom(t, "InvalidAccessError", subtle.exportKey("raw", key));
  const password = await subtle.importKey("raw", new Uint8Array(16), "PBKDF2", false, ["deriveBits"]);
  await promise_rejects_dom(t, "NotSupportedError", subtle.exportKey("raw", password));
}, "exportKey refuses keys that are not extractable, and those that never are");
