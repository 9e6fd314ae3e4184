idl_test(`
[Exposed=*, Transferable]
interface TransformStream {
  constructor(optional object transformer,
              optional QueuingStrategy writableStrategy = {},
              optional QueuingStrategy readableStrategy = {});
  readonly attribute ReadableStream readable;
  readonly attribute WritableStream writable;
};`);

idl_test(`
[Exposed=*]
interface TransformStreamDefaultController {
  readonly attribute unrestricted double? desiredSize;
  undefined enqueue(optional any chunk);
  undefined error(optional any reason);
  undefined terminate();
};`);

test(() => {
  for (const transformer of [{ readableType: "x" }, { writableType: "x" }])
    assert_throws_js(RangeError, () => new TransformStream(transformer));
  for (const transformer of [1, { transform: 1 }, { cancel: 1 }])
    assert_throws_js(TypeError, () => new TransformStream(transformer));
}, "what a transformer can be");

test(() => {
  assert_throws_js(TypeError, () => new TransformStream(null));
}, "null is no transformer");

const listed = async (stream) => {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
};
const of = (...chunks) =>
  new ReadableStream({
    start(c) {
      for (const chunk of chunks) c.enqueue(chunk);
      c.close();
    },
  });

promise_test(async () => {
  assert_array_equals(await listed(of(1, 2).pipeThrough(new TransformStream())), [1, 2]);
  const double = new TransformStream({
    start(c) {
      c.enqueue("first");
    },
    async transform(chunk, c) {
      c.enqueue(chunk);
      c.enqueue(chunk);
    },
    flush(c) {
      c.enqueue("last");
    },
  });
  assert_array_equals(await listed(of(1).pipeThrough(double)), ["first", 1, 1, "last"]);
}, "start, transform, flush");

promise_test(async (t) => {
  const error = new RangeError("own");
  await promise_rejects_exactly(
    t,
    error,
    listed(
      of(1).pipeThrough(
        new TransformStream({
          transform() {
            throw error;
          },
        }),
      ),
    ),
  );
  const ended = new TransformStream({
    transform(chunk, c) {
      c.enqueue(chunk);
      c.terminate();
    },
  });
  const writer = ended.writable.getWriter();
  const read = listed(ended.readable);
  await writer.write(1);
  assert_array_equals(await read, [1]);
  await promise_rejects_js(t, TypeError, writer.write(2));
}, "error and terminate");

promise_test(async () => {
  let reason;
  const cancelled = new TransformStream({
    cancel(why) {
      reason = why;
    },
  });
  await cancelled.readable.cancel("back");
  assert_equals(reason, "back");
  const aborted = new TransformStream({
    cancel(why) {
      reason = why;
    },
  });
  await aborted.writable.abort("front");
  assert_equals(reason, "front");
}, "cancel tells the transformer");

for (const [name, size] of [
  ["ByteLengthQueuingStrategy", 3],
  ["CountQueuingStrategy", 1],
]) {
  idl_test(`
[Exposed=*]
interface ${name} {
  constructor(QueuingStrategyInit init);
  readonly attribute unrestricted double highWaterMark;
  readonly attribute Function size;
};`);

  test(() => {
    const Strategy = self[name];
    assert_equals(new Strategy({ highWaterMark: "5" }).highWaterMark, 5);
    assert_true(Number.isNaN(new Strategy({ highWaterMark: "x" }).highWaterMark));
    for (const init of [undefined, null, 1, {}, "x"]) assert_throws_js(TypeError, () => new Strategy(init));
    const strategy = new Strategy({ highWaterMark: 1 });
    assert_equals(strategy.size({ byteLength: 3 }), size);
    assert_equals(strategy.size, new Strategy({ highWaterMark: 2 }).size, "one function");
    assert_equals(strategy.size.name, "size");
    assert_equals(strategy.size.length, name === "CountQueuingStrategy" ? 0 : 1);
    assert_false(Object.hasOwn(strategy.size, "prototype"));
  }, `${name}: what it counts`);
}
