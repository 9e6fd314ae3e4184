idl_test(`
[Exposed=(Window,Worker)]
interface Crypto {
  [SecureContext] readonly attribute SubtleCrypto subtle;
  ArrayBufferView getRandomValues(ArrayBufferView array);
  [SecureContext] DOMString randomUUID();
};`);

test(() => {
  assert_true(crypto instanceof Crypto);
  assert_equals(crypto.subtle, crypto.subtle);
  assert_equals(String(crypto), "[object Crypto]");
}, "crypto is one Crypto object with one subtle");

const INTEGER_ARRAYS = [
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  BigInt64Array,
  BigUint64Array,
];
for (const Array of INTEGER_ARRAYS) {
  test(() => {
    const array = new Array(64);
    assert_equals(crypto.getRandomValues(array), array);
    assert_true(array.some((value) => value != 0));
  }, `getRandomValues fills a ${Array.name}`);

  test(() => {
    const most = 65_536 / Array.BYTES_PER_ELEMENT;
    assert_equals(crypto.getRandomValues(new Array(most)).length, most);
    assert_throws_js(QuotaExceededError, () => crypto.getRandomValues(new Array(most + 1)));
  }, `getRandomValues gives 65,536 bytes at most: ${Array.name}`);

  test(() => {
    assert_equals(crypto.getRandomValues(new Array(0)).length, 0);
  }, `getRandomValues takes an empty ${Array.name}`);
}

for (const Array of [Float16Array, Float32Array, Float64Array]) {
  test(() => {
    assert_throws_dom("TypeMismatchError", () => crypto.getRandomValues(new Array(6)));
    const tooLong = 65_536 / Array.BYTES_PER_ELEMENT + 1;
    assert_throws_dom("TypeMismatchError", () => crypto.getRandomValues(new Array(tooLong)));
  }, `getRandomValues refuses a ${Array.name}`);
}

test(() => {
  assert_throws_dom("TypeMismatchError", () => crypto.getRandomValues(new DataView(new ArrayBuffer(4))));
}, "getRandomValues refuses a DataView");

test(() => {
  for (const value of [undefined, null, {}, [1], "x", 4, new ArrayBuffer(4)])
    assert_throws_js(TypeError, () => crypto.getRandomValues(value));
}, "getRandomValues refuses what is no view");

test(() => {
  const array = new Uint8Array(100);
  crypto.getRandomValues(array.subarray(20, 80));
  assert_true(array.subarray(0, 20).every((byte) => byte === 0));
  assert_true(array.subarray(80).every((byte) => byte === 0));
  assert_true(array.subarray(20, 80).some((byte) => byte !== 0));
}, "getRandomValues fills the view's part of its buffer alone");

test(() => {
  class Own extends Uint8Array {}
  const own = new Own(8);
  assert_equals(crypto.getRandomValues(own), own);
}, "getRandomValues takes an instance of a subclass");

test(() => {
  const seen = new Set();
  for (let index = 0; index < 256; index++) {
    const uuid = crypto.randomUUID();
    assert_regexp_match(uuid, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    seen.add(uuid);
  }
  assert_equals(seen.size, 256);
}, "randomUUID gives another UUID of version 4 each time");
