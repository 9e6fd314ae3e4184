// Numbers that RFCs and NIST publish with their algorithms.
const { subtle } = crypto;
const bytes = (hex) =>
  new Uint8Array((hex.replace(/\s/g, "").match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16)));
const hex = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const ascii = (text) => new TextEncoder().encode(text);
const base64url = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));

/** RFC 7748, section 6.1. */
const ALICE = "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a";
const BOB = "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f";
const SHARED = "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742";

const DIGESTS = {
  "SHA-1": "a9993e364706816aba3e25717850c26c9cd0d89d",
  "SHA-256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  "SHA-384": "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
  "SHA-512":
    "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
};
for (const [name, digest] of Object.entries(DIGESTS)) {
  promise_test(async () => {
    assert_equals(hex(await subtle.digest(name, ascii("abc"))), digest);
  }, `FIPS 180: ${name} of abc`);
}

const HMACS = [
  ["SHA-256", "0b".repeat(20), "4869205468657265", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"],
  [
    "SHA-512",
    "0b".repeat(20),
    "4869205468657265",
    "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854",
  ],
  ["SHA-256", "aa".repeat(20), "dd".repeat(50), "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"],
];
for (const [hash, key, data, signature] of HMACS) {
  promise_test(
    async () => {
      const imported = await subtle.importKey("raw", bytes(key), { name: "HMAC", hash }, false, ["sign", "verify"]);
      assert_equals(hex(await subtle.sign("HMAC", imported, bytes(data))), signature);
      assert_true(await subtle.verify("HMAC", imported, bytes(signature), bytes(data)));
    },
    `RFC 4231: HMAC with ${hash} of ${data.length / 2} bytes`,
  );
}

promise_test(async () => {
  const key = await subtle.importKey("raw", bytes("0b".repeat(22)), "HKDF", false, ["deriveBits"]);
  const algorithm = {
    name: "HKDF",
    hash: "SHA-256",
    salt: bytes("000102030405060708090a0b0c"),
    info: bytes("f0f1f2f3f4f5f6f7f8f9"),
  };
  assert_equals(
    hex(await subtle.deriveBits(algorithm, key, 42 * 8)),
    "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
  );
}, "RFC 5869: HKDF, test case 1");

promise_test(async () => {
  const key = await subtle.importKey("raw", ascii("passwd"), "PBKDF2", false, ["deriveBits"]);
  const algorithm = { name: "PBKDF2", hash: "SHA-256", salt: ascii("salt"), iterations: 1 };
  assert_equals(
    hex(await subtle.deriveBits(algorithm, key, 512)),
    "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783",
  );
}, "RFC 7914: PBKDF2 with SHA-256");

promise_test(async () => {
  const wrapping = await subtle.importKey("raw", bytes("000102030405060708090a0b0c0d0e0f"), "AES-KW", false, [
    "wrapKey",
  ]);
  const key = await subtle.importKey("raw", bytes("00112233445566778899aabbccddeeff"), "AES-CBC", true, ["encrypt"]);
  assert_equals(
    hex(await subtle.wrapKey("raw", key, wrapping, "AES-KW")),
    "1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5",
  );
}, "RFC 3394: AES key wrap");

const BLOCK_KEY = "2b7e151628aed2a6abf7158809cf4f3c";
const BLOCKS = "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51";
promise_test(async () => {
  const key = await subtle.importKey("raw", bytes(BLOCK_KEY), "AES-CBC", false, ["encrypt"]);
  const sealed = await subtle.encrypt(
    { name: "AES-CBC", iv: bytes("000102030405060708090a0b0c0d0e0f") },
    key,
    bytes(BLOCKS),
  );
  assert_equals(hex(sealed).slice(0, 64), "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2");
}, "NIST SP 800-38A: AES-CBC");
promise_test(async () => {
  const key = await subtle.importKey("raw", bytes(BLOCK_KEY), "AES-CTR", false, ["encrypt"]);
  const algorithm = { name: "AES-CTR", counter: bytes("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"), length: 128 };
  assert_equals(
    hex(await subtle.encrypt(algorithm, key, bytes(BLOCKS))),
    "874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff",
  );
}, "NIST SP 800-38A: AES-CTR");
promise_test(async () => {
  const key = await subtle.importKey("raw", bytes("feffe9928665731c6d6a8f9467308308"), "AES-GCM", false, ["encrypt"]);
  const data = bytes(
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
  );
  const algorithm = {
    name: "AES-GCM",
    iv: bytes("cafebabefacedbaddecaf888"),
    additionalData: bytes("feedfacedeadbeeffeedfacedeadbeefabaddad2"),
  };
  assert_equals(
    hex(await subtle.encrypt(algorithm, key, data)),
    "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e0915bc94fbc3221a5db94fae95ae7121a47",
  );
}, "the GCM specification: test case 4");

promise_test(async () => {
  const d = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";
  const x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
  const jwk = { kty: "OKP", crv: "Ed25519", d, x };
  const key = await subtle.importKey("jwk", jwk, "Ed25519", false, ["sign"]);
  const signature = await subtle.sign("Ed25519", key, new Uint8Array(0));
  assert_equals(
    hex(signature),
    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
  );
  const publicKey = await subtle.importKey("raw", base64url(x), "Ed25519", true, ["verify"]);
  assert_true(await subtle.verify("Ed25519", publicKey, signature, new Uint8Array(0)));
}, "RFC 8032 and RFC 8037: Ed25519, test 1");

promise_test(async () => {
  const key = await subtle.importKey("pkcs8", bytes(`302e020100300506032b656e04220420${ALICE}`), "X25519", false, [
    "deriveBits",
  ]);
  const peer = await subtle.importKey("raw", bytes(BOB), "X25519", false, []);
  assert_equals(hex(await subtle.deriveBits({ name: "X25519", public: peer }, key)), SHARED);
}, "RFC 7748: X25519");

promise_test(async () => {
  const jwk = {
    kty: "EC",
    crv: "P-256",
    x: "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    y: "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
  };
  const key = await subtle.importKey("jwk", jwk, { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]);
  const signed =
    "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
  const signature = base64url("DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q");
  assert_true(await subtle.verify({ name: "ECDSA", hash: "SHA-256" }, key, signature, ascii(signed)));
  assert_false(await subtle.verify({ name: "ECDSA", hash: "SHA-256" }, key, signature, ascii(`${signed}x`)));
}, "RFC 7515: a token signed with ES256");

promise_test(async () => {
  const jwk = {
    kty: "oct",
    k: "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow",
  };
  const key = await subtle.importKey("jwk", jwk, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const signed =
    "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
  assert_equals(
    hex(await subtle.sign("HMAC", key, ascii(signed))),
    hex(base64url("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")),
  );
}, "RFC 7515: a token signed with HS256");
