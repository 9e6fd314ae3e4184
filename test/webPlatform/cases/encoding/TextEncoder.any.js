idl_test(`
[Exposed=*]
interface TextEncoder {
  constructor();

  readonly attribute DOMString encoding;

  [NewObject] Uint8Array encode(optional USVString input = "");
  TextEncoderEncodeIntoResult encodeInto(USVString source, [AllowShared] Uint8Array destination);
};`);

const ENCODED = [
  [undefined, []],
  ["", []],
  ["abc", [97, 98, 99]],
  ["\0\x7f", [0, 127]],
  ["é", [0xc3, 0xa9]],
  ["€", [0xe2, 0x82, 0xac]],
  ["\uffff", [0xef, 0xbf, 0xbf]],
  ["😀", [0xf0, 0x9f, 0x98, 0x80]],
  ["\u{10ffff}", [0xf4, 0x8f, 0xbf, 0xbf]],
  ["\ud800", [0xef, 0xbf, 0xbd]],
  ["\udc00", [0xef, 0xbf, 0xbd]],
  ["\udc00\ud800", [0xef, 0xbf, 0xbd, 0xef, 0xbf, 0xbd]],
  ["a\ud800b", [97, 0xef, 0xbf, 0xbd, 98]],
  [null, [110, 117, 108, 108]],
];
for (const [text, bytes] of ENCODED) {
  test(
    () => {
      const encoded = new TextEncoder().encode(text);
      assert_true(encoded instanceof Uint8Array);
      assert_array_equals([...encoded], bytes);
      assert_equals(encoded.buffer.byteLength, bytes.length, "its buffer holds nothing else");
    },
    `encodes ${JSON.stringify(text)}`,
  );
}

test(() => {
  const encoder = new TextEncoder("latin1", 5);
  assert_equals(encoder.encoding, "utf-8");
  const text = "aé€😀".repeat(5_000);
  assert_equals(new TextDecoder().decode(encoder.encode(text)), text);
}, "long texts of all lengths of characters");

const INTO = [
  ["abc", 2, { read: 2, written: 2 }],
  ["Hi", 0, { read: 0, written: 0 }],
  ["é€", 4, { read: 1, written: 2 }],
  ["😀a", 3, { read: 0, written: 0 }],
  ["😀a", 5, { read: 3, written: 5 }],
  ["\ud800\udc00\ud800", 7, { read: 3, written: 7 }],
];
for (const [text, room, result] of INTO) {
  test(
    () => {
      const bytes = new Uint8Array(room + 2).fill(0x80);
      const into = bytes.subarray(1, room + 1);
      assert_object_equals(new TextEncoder().encodeInto(text, into), result);
      assert_equals(bytes[0], 0x80);
      assert_equals(bytes[room + 1], 0x80);
      const expected = new TextEncoder().encode(text).subarray(0, result.written);
      assert_array_equals([...into.subarray(0, result.written)], [...expected]);
    },
    `encodes ${JSON.stringify(text)} into ${room} bytes`,
  );
}

test(() => {
  const encoder = new TextEncoder();
  for (const wrong of [
    new ArrayBuffer(10),
    new DataView(new ArrayBuffer(10)),
    new Int8Array(10),
    new Uint8ClampedArray(10),
    [],
    {},
  ])
    assert_throws_js(TypeError, () => encoder.encodeInto("", wrong));
}, "encodeInto takes a Uint8Array only");
