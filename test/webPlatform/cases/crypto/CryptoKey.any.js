idl_test(`
[SecureContext,Exposed=(Window,Worker),Serializable]
interface CryptoKey {
  readonly attribute KeyType type;
  readonly attribute boolean extractable;
  readonly attribute object algorithm;
  readonly attribute object usages;
};`);

const { subtle } = crypto;

promise_test(async () => {
  const key = await subtle.importKey("raw", new Uint8Array(16), "AES-GCM", true, [
    "wrapKey",
    "decrypt",
    "encrypt",
    "encrypt",
  ]);
  assert_array_equals(key.usages, ["encrypt", "decrypt", "wrapKey"]);
  assert_equals(key.usages, key.usages);
  assert_equals(key.algorithm, key.algorithm);
  assert_equals(Object.getPrototypeOf(key.algorithm), Object.prototype);
  assert_object_equals(key.algorithm, { name: "AES-GCM", length: 128 });
}, "usages are in the standard's order, and the objects are the same each time");

promise_test(async () => {
  const key = await subtle.importKey("raw", new Uint8Array(16), "AES-GCM", false, ["encrypt"]);
  key.algorithm.name = "AES-CBC";
  key.usages.push("decrypt");
  await subtle.encrypt({ name: "AES-GCM", iv: new Uint8Array(12) }, key, new Uint8Array(1));
  await promise_rejects_dom(
    undefined,
    "InvalidAccessError",
    subtle.decrypt({ name: "AES-GCM", iv: new Uint8Array(12) }, key, new Uint8Array(17)),
  );
}, "what a function writes into algorithm and usages does not change the key");

promise_test(async () => {
  const { publicKey, privateKey } = await subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, [
    "sign",
    "verify",
  ]);
  assert_equals(publicKey.type, "public");
  assert_true(publicKey.extractable);
  assert_array_equals(publicKey.usages, ["verify"]);
  assert_equals(privateKey.type, "private");
  assert_false(privateKey.extractable);
  assert_array_equals(privateKey.usages, ["sign"]);
  assert_object_equals(publicKey.algorithm, { name: "ECDSA", namedCurve: "P-256" });
}, "of a pair the public key is extractable whatever the private one is");

promise_test(async () => {
  const { publicKey } = await subtle.generateKey(
    { name: "RSA-OAEP", hash: "sha-1", modulusLength: 1024, publicExponent: new Uint8Array([0, 0, 1, 0, 1]) },
    true,
    ["encrypt", "decrypt"],
  );
  const { name, modulusLength, publicExponent, hash } = publicKey.algorithm;
  assert_array_equals(
    [name, modulusLength, hash.name, [...publicExponent].join()],
    ["RSA-OAEP", 1024, "SHA-1", "1,0,1"],
  );
}, "an RSA key shows its modulus, its exponent and its hash");

promise_test(async () => {
  const key = await subtle.importKey("raw", new Uint8Array(16), "AES-GCM", true, ["encrypt", "decrypt"]);
  const copy = structuredClone(key);
  assert_true(copy instanceof CryptoKey);
  assert_not_equals(copy, key);
  assert_array_equals(copy.usages, key.usages);
}, "a key can be cloned");
