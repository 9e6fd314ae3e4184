idl_test(`
[Exposed=*]
interface TextDecoderStream {
  constructor(optional DOMString label = "utf-8", optional TextDecoderOptions options = {});
  readonly attribute DOMString encoding;
  readonly attribute boolean fatal;
  readonly attribute boolean ignoreBOM;
  readonly attribute ReadableStream readable;
  readonly attribute WritableStream writable;
};`);

const decode = async (args, ...chunks) => {
  const stream = new ReadableStream({
    start(c) {
      for (const chunk of chunks) c.enqueue(Array.isArray(chunk) ? new Uint8Array(chunk) : chunk);
      c.close();
    },
  });
  const out = [];
  for await (const chunk of stream.pipeThrough(new TextDecoderStream(...args))) out.push(chunk);
  return out;
};

test(() => {
  const plain = new TextDecoderStream();
  assert_equals([plain.encoding, plain.fatal, plain.ignoreBOM].join(), "utf-8,false,false");
  const other = new TextDecoderStream(" UTF-16 ", { fatal: 1, ignoreBOM: "x" });
  assert_equals([other.encoding, other.fatal, other.ignoreBOM].join(), "utf-16le,true,true");
  for (const label of ["x", "", null]) assert_throws_js(RangeError, () => new TextDecoderStream(label));
  for (const options of [1, "x"]) assert_throws_js(TypeError, () => new TextDecoderStream("utf-8", options));
}, "label and options");

promise_test(async () => {
  for (const [args, chunks, expected] of [
    [[], [], []],
    [[], [[]], []],
    [[], [[97], [], [98]], ["a", "b"]],
    [
      [],
      [
        [0xf0, 0x9f],
        [0x98, 0x80, 97],
      ],
      ["😀a"],
    ],
    [[], [[0xf0, 0x9f]], ["\ufffd"]],
    [[], [[0xef], [0xbb], [0xbf, 97]], ["a"]],
    [["utf-8", { ignoreBOM: true }], [[0xef, 0xbb, 0xbf, 97]], ["\ufeffa"]],
    [["utf-16le"], [[97], [0, 98, 0]], ["ab"]],
    [[], [new Uint8Array([97]).buffer, new DataView(new Uint8Array([97, 98]).buffer, 1)], ["a", "b"]],
  ])
    assert_equals(JSON.stringify(await decode(args, ...chunks)), JSON.stringify(expected), JSON.stringify(chunks));
}, "bytes to text, characters that are cut put together");

promise_test(async (t) => {
  await promise_rejects_js(t, TypeError, decode(["utf-8", { fatal: true }], [0xff]));
  await promise_rejects_js(t, TypeError, decode(["utf-8", { fatal: true }], [0xe2, 0x82]), "at the end");
  for (const chunk of ["text", 1, null, undefined, {}])
    await promise_rejects_js(t, TypeError, decode([], chunk), String(chunk));
}, "what cannot be decoded breaks both ends");
