idl_test(`
[Exposed=*, Transferable]
interface WritableStream {
  constructor(optional object underlyingSink, optional QueuingStrategy strategy = {});
  readonly attribute boolean locked;
  Promise<undefined> abort(optional any reason);
  Promise<undefined> close();
  WritableStreamDefaultWriter getWriter();
};`);

idl_test(`
[Exposed=*]
interface WritableStreamDefaultWriter {
  constructor(WritableStream stream);
  readonly attribute Promise<undefined> closed;
  readonly attribute unrestricted double? desiredSize;
  readonly attribute Promise<undefined> ready;
  Promise<undefined> abort(optional any reason);
  Promise<undefined> close();
  undefined releaseLock();
  Promise<undefined> write(optional any chunk);
};`);

idl_test(`
[Exposed=*]
interface WritableStreamDefaultController {
  readonly attribute AbortSignal signal;
  undefined error(optional any e);
};`);

test(() => {
  assert_array_equals(Object.keys(WritableStreamDefaultController.prototype).sort(), ["error", "signal"]);
  for (const sink of [1, "x", null]) assert_throws_js(TypeError, () => new WritableStream(sink));
  assert_throws_js(RangeError, () => new WritableStream({ type: "bytes" }));
  for (const highWaterMark of [-1, Number.NaN])
    assert_throws_js(RangeError, () => new WritableStream({}, { highWaterMark }));
  for (const stream of [{}, undefined, new ReadableStream()])
    assert_throws_js(TypeError, () => new WritableStreamDefaultWriter(stream));
}, "what a sink can be");

promise_test(async () => {
  const seen = [];
  let release;
  const stream = new WritableStream(
    {
      start() {
        seen.push("start");
      },
      write(chunk) {
        seen.push(chunk);
        return chunk === "slow"
          ? new Promise((resolve) => {
              release = resolve;
            })
          : undefined;
      },
      close() {
        seen.push("close");
      },
    },
    { highWaterMark: 2 },
  );
  const writer = stream.getWriter();
  assert_true(stream.locked);
  assert_equals(writer.desiredSize, 2);
  await writer.ready;
  writer.write("slow");
  writer.write("b");
  assert_equals(writer.desiredSize, 0);
  const closed = writer.close();
  await new Promise((resolve) => setTimeout(resolve, 0));
  assert_array_equals(seen, ["start", "slow"]);
  release();
  await closed;
  await writer.closed;
  assert_array_equals(seen, ["start", "slow", "b", "close"]);
  assert_equals(writer.desiredSize, 0);
}, "one write after the other, then the close");

promise_test(async (t) => {
  let controller;
  let aborted;
  const stream = new WritableStream({
    start(c) {
      controller = c;
    },
    write: () => new Promise(() => {}),
    abort(reason) {
      aborted = reason;
    },
  });
  const writer = stream.getWriter();
  assert_false(controller.signal.aborted);
  const written = writer.write(1);
  const queued = writer.write(2);
  const heard = new Promise((resolve) =>
    controller.signal.addEventListener("abort", () => resolve(controller.signal.reason)),
  );
  writer.abort("why").catch(() => {});
  assert_equals(await heard, "why");
  await promise_rejects_exactly(t, "why", writer.ready);
  void [written, queued, aborted];
}, "abort signals to a write that runs");

promise_test(async (t) => {
  const error = new RangeError("own");
  const stream = new WritableStream({
    write() {
      throw error;
    },
  });
  const writer = stream.getWriter();
  await promise_rejects_exactly(t, error, writer.write(1));
  await promise_rejects_exactly(t, error, writer.closed);
  await promise_rejects_exactly(t, error, writer.write(2));
  assert_equals(writer.desiredSize, null);
  writer.releaseLock();
  await promise_rejects_js(t, TypeError, writer.write(3));
  assert_throws_js(TypeError, () => writer.desiredSize);
  assert_throws_js(TypeError, () => new WritableStream().getWriter.call({}));
  await promise_rejects_js(
    t,
    TypeError,
    (() => {
      const locked = new WritableStream();
      locked.getWriter();
      return locked.close();
    })(),
  );
}, "a write that fails breaks the stream");
