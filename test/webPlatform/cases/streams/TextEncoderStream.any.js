idl_test(`
[Exposed=*]
interface TextEncoderStream {
  constructor();
  readonly attribute DOMString encoding;
  readonly attribute ReadableStream readable;
  readonly attribute WritableStream writable;
};`);

const encode = async (...chunks) => {
  const stream = new ReadableStream({
    start(c) {
      for (const chunk of chunks) c.enqueue(chunk);
      c.close();
    },
  });
  const out = [];
  for await (const chunk of stream.pipeThrough(new TextEncoderStream())) {
    assert_true(chunk instanceof Uint8Array);
    out.push([...chunk]);
  }
  return out;
};

promise_test(async () => {
  assert_equals(new TextEncoderStream().encoding, "utf-8");
  for (const [chunks, expected] of [
    [[], []],
    [[""], []],
    [
      ["a", "", "é"],
      [[97], [195, 169]],
    ],
    [["\ud83d", "\ude00"], [[240, 159, 152, 128]]],
    [
      ["a\ud83d", "\ude00b"],
      [[97], [240, 159, 152, 128, 98]],
    ],
    [["\ud83d", "", "\ude00"], [[240, 159, 152, 128]]],
    [["\ud83d", "a"], [[239, 191, 189, 97]]],
    [["\ud83d"], [[239, 191, 189]]],
    [["\ude00"], [[239, 191, 189]]],
    [
      ["\ud83d", "\ud83d", "\ude00"],
      [
        [239, 191, 189],
        [240, 159, 152, 128],
      ],
    ],
    [
      [1, null, undefined, {}],
      [
        [49],
        [110, 117, 108, 108],
        [117, 110, 100, 101, 102, 105, 110, 101, 100],
        [91, 111, 98, 106, 101, 99, 116, 32, 79, 98, 106, 101, 99, 116, 93],
      ],
    ],
  ])
    assert_equals(JSON.stringify(await encode(...chunks)), JSON.stringify(expected), JSON.stringify(chunks));
}, "text to UTF-8, pairs that are cut put together");

promise_test(async (t) => {
  const { readable, writable } = new TextEncoderStream();
  const error = new RangeError("own");
  const read = readable.getReader().read();
  await promise_rejects_exactly(
    t,
    error,
    writable.getWriter().write({
      toString() {
        throw error;
      },
    }),
  );
  await promise_rejects_exactly(t, error, read);
  const other = new TextEncoderStream();
  other.readable
    .getReader()
    .read()
    .catch(() => {});
  await promise_rejects_js(t, TypeError, other.writable.getWriter().write(Symbol("x")));
}, "what has no text form breaks both ends");
