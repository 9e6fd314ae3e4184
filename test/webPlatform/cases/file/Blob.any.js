idl_test(`
[Exposed=(Window,Worker), Serializable]
interface Blob {
  constructor(optional sequence<BlobPart> blobParts,
              optional BlobPropertyBag options = {});

  readonly attribute unsigned long long size;
  readonly attribute DOMString type;

  Blob slice(optional [Clamp] long long start,
            optional [Clamp] long long end,
            optional DOMString contentType);

  [NewObject] ReadableStream stream();
  [NewObject] Promise<USVString> text();
  [NewObject] Promise<ArrayBuffer> arrayBuffer();
  [NewObject] Promise<Uint8Array> bytes();
};`);

test(() => {
  for (const parts of [undefined, [], new Set(), new String("")]) assert_equals(new Blob(parts).size, 0);
  for (const parts of [null, 1, "text", true, Symbol("x"), {}, /x/, () => {}, new Blob()])
    assert_throws_js(TypeError, () => new Blob(parts));
  for (const options of [1, "x", true]) assert_throws_js(TypeError, () => new Blob([], options));
  assert_equals(new Blob([], null).type, "");
}, "is made of a sequence");

promise_test(async () => {
  const bytes = new Uint8Array([97, 98, 99]);
  const blob = new Blob([
    "é\ud800",
    1,
    null,
    undefined,
    bytes,
    bytes.buffer,
    new DataView(bytes.buffer, 1),
    new Uint16Array([0x6261]),
    new Blob(["z"]),
    [1, 2],
    { toString: () => "o" },
  ]);
  bytes[0] = 0;
  assert_equals(await blob.text(), "é\ufffd1nullundefinedabcabcbcabz1,2o");
}, "parts of every kind, copied");

test(() => {
  for (const [type, kept] of [
    ["Text/PLAIN", "text/plain"],
    ["", ""],
    ["é", ""],
    ["a\tb", ""],
    ["a\x7f", ""],
    ['a b; C="D"', 'a b; c="d"'],
    [null, "null"],
    [undefined, ""],
  ]) {
    assert_equals(new Blob([], { type }).type, kept);
    assert_equals(new Blob([]).slice(0, 0, type).type, kept);
  }
}, "a type is printable ASCII in lower case");

promise_test(async () => {
  for (const [text, native] of [
    ["a\nb", "a\nb"],
    ["a\r\nb", "a\nb"],
    ["a\rb", "a\nb"],
    ["\r\r\n\n", "\n\n\n"],
    ["\r", "\n"],
  ]) {
    assert_equals(await new Blob([text], { endings: "native" }).text(), native);
    assert_equals(await new Blob([text], { endings: "transparent" }).text(), text);
  }
  assert_equals(
    await new Blob([new Blob(["a\r\n"]), new TextEncoder().encode("b\r\n")], { endings: "native" }).text(),
    "a\r\nb\r\n",
  );
  for (const endings of ["x", "", null, "Native"]) assert_throws_js(TypeError, () => new Blob([], { endings }));
}, "endings are of text alone");

test(() => {
  const order = [];
  new Blob(
    [
      {
        toString: () => {
          order.push("part");
          return "";
        },
      },
    ],
    {
      get type() {
        order.push("type");
      },
      get endings() {
        order.push("endings");
      },
    },
  );
  assert_array_equals(order, ["part", "endings", "type"]);
}, "arguments are converted in order");

promise_test(async () => {
  const blob = new Blob(["0123456789"], { type: "a/b" });
  for (const [args, text] of [
    [[], "0123456789"],
    [[2], "23456789"],
    [[2, 5], "234"],
    [[-3], "789"],
    [[-3, -1], "78"],
    [[5, 2], ""],
    [[20], ""],
    [[0, 100], "0123456789"],
    [[-100, 3], "012"],
    [["2", "4"], "23"],
    [[undefined, 3], "012"],
    [[Number.NaN, 2], "01"],
    [[null, 2], "01"],
    [[0.5, 1.5], "01"],
    [[1.5, 2.5], ""],
    [[Infinity], ""],
    [[-Infinity, Infinity], "0123456789"],
  ])
    assert_equals(await blob.slice(...args).text(), text, JSON.stringify(args));
  assert_equals(blob.slice().type, "");
  assert_equals(blob.slice(0, 1, "C/D").type, "c/d");
  assert_equals(await blob.slice(2, 8).slice(1, 3).text(), "34");
}, "slices");

promise_test(async () => {
  const blob = new Blob(["x".repeat(200_000)]);
  const reader = blob.stream().getReader({ mode: "byob" });
  assert_equals((await reader.read(new Uint8Array(10))).value.length, 10);
  await reader.cancel();
  let size = 0;
  for await (const chunk of blob.stream()) size += chunk.length;
  assert_equals(size, 200_000);
  assert_equals((await new Blob([]).stream().getReader().read()).done, true);
  const bytes = await blob.bytes();
  bytes[0] = 0;
  new Uint8Array(await blob.arrayBuffer())[0] = 0;
  assert_equals((await blob.bytes())[0], 120, "what is read is a copy");
  assert_equals(await new Blob([new Uint8Array([0xef, 0xbb, 0xbf, 0xff, 97])]).text(), "\ufffda");
}, "stream, bytes, arrayBuffer, text");
