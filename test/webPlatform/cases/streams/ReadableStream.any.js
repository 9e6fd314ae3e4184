idl_test(`
[Exposed=*, Transferable]
interface ReadableStream {
  constructor(optional object underlyingSource, optional QueuingStrategy strategy = {});

  static ReadableStream from(any asyncIterable);

  readonly attribute boolean locked;

  Promise<undefined> cancel(optional any reason);
  ReadableStreamReader getReader(optional ReadableStreamGetReaderOptions options = {});
  ReadableStream pipeThrough(ReadableWritablePair transform, optional StreamPipeOptions options = {});
  Promise<undefined> pipeTo(WritableStream destination, optional StreamPipeOptions options = {});
  sequence<ReadableStream> tee();

  async_iterable<any>(optional ReadableStreamIteratorOptions options = {});
};`);

idl_test(`
[Exposed=*]
interface ReadableStreamDefaultReader {
  constructor(ReadableStream stream);
  readonly attribute Promise<undefined> closed;
  Promise<undefined> cancel(optional any reason);
  Promise<ReadableStreamReadResult> read();
  undefined releaseLock();
};`);

idl_test(`
[Exposed=*]
interface ReadableStreamBYOBReader {
  constructor(ReadableStream stream);
  readonly attribute Promise<undefined> closed;
  Promise<undefined> cancel(optional any reason);
  Promise<ReadableStreamReadResult> read(ArrayBufferView view, optional ReadableStreamBYOBReaderReadOptions options = {});
  undefined releaseLock();
};`);

idl_test(`
[Exposed=*]
interface ReadableStreamDefaultController {
  readonly attribute unrestricted double? desiredSize;
  undefined close();
  undefined enqueue(optional any chunk);
  undefined error(optional any e);
};`);

idl_test(`
[Exposed=*]
interface ReadableByteStreamController {
  readonly attribute ReadableStreamBYOBRequest? byobRequest;
  readonly attribute unrestricted double? desiredSize;
  undefined close();
  undefined enqueue(ArrayBufferView chunk);
  undefined error(optional any e);
};`);

idl_test(`
[Exposed=*]
interface ReadableStreamBYOBRequest {
  readonly attribute ArrayBufferView? view;
  undefined respond([EnforceRange] unsigned long long bytesWritten);
  undefined respondWithNewView(ArrayBufferView view);
};`);

const listed = async (stream, options) => {
  const chunks = [];
  for await (const chunk of options ? stream.values(options) : stream) chunks.push(chunk);
  return chunks;
};
const of = (...chunks) =>
  new ReadableStream({
    start(c) {
      for (const chunk of chunks) c.enqueue(chunk);
      c.close();
    },
  });

test(() => {
  for (const source of [1, "x", true, null])
    assert_throws_js(TypeError, () => new ReadableStream(source), String(source));
  for (const bad of [{ type: "x" }, { type: "" }, { type: null }, { pull: 1 }, { cancel: "x" }, { start: {} }])
    assert_throws_js(TypeError, () => new ReadableStream(bad));
  for (const highWaterMark of [-1, Number.NaN, "x", {}])
    assert_throws_js(RangeError, () => new ReadableStream({}, { highWaterMark }));
  assert_throws_js(RangeError, () => new ReadableStream({ type: "bytes" }, { size: () => 1 }));
  for (const autoAllocateChunkSize of [0, -1, "x", Number.NaN])
    assert_throws_js(TypeError, () => new ReadableStream({ type: "bytes", autoAllocateChunkSize }));
  const error = new RangeError("own");
  assert_throws_exactly(
    error,
    () =>
      new ReadableStream({
        start() {
          throw error;
        },
      }),
  );
}, "what a source and a strategy can be");

promise_test(async () => {
  const seen = [];
  const stream = new ReadableStream(
    {
      start(controller) {
        seen.push(`start ${controller.desiredSize}`);
      },
      pull(controller) {
        seen.push(`pull ${controller.desiredSize}`);
        controller.enqueue(seen.length);
        if (seen.length === 4) controller.close();
      },
    },
    { highWaterMark: 2 },
  );
  await flush();
  assert_array_equals(seen, ["start 2", "pull 2", "pull 1"]);
  assert_array_equals(await listed(stream), [2, 3, 4]);
}, "pulls as far as its strategy says");

promise_test(async (t) => {
  let controller;
  const stream = new ReadableStream({
    start(c) {
      controller = c;
    },
  });
  controller.close();
  for (const misuse of [() => controller.close(), () => controller.enqueue(1)]) assert_throws_js(TypeError, misuse);
  controller.error(1);
  const reader = stream.getReader();
  assert_object_equals(await reader.read(), { value: undefined, done: true });
  assert_equals(await reader.closed, undefined);
  assert_throws_js(TypeError, () => stream.getReader());
  reader.releaseLock();
  await promise_rejects_js(t, TypeError, reader.closed);
  await promise_rejects_js(t, TypeError, reader.read());
  await promise_rejects_js(t, TypeError, reader.cancel());
  assert_false(stream.locked);
}, "closing and releasing");

promise_test(async (t) => {
  const error = { own: true };
  let controller;
  const stream = new ReadableStream({
    start(c) {
      controller = c;
      c.enqueue("lost");
    },
  });
  const reader = stream.getReader();
  controller.error(error);
  assert_equals(controller.desiredSize, null);
  await promise_rejects_exactly(t, error, reader.read());
  await promise_rejects_exactly(t, error, reader.closed);
  await promise_rejects_exactly(t, error, stream.getReader ? reader.cancel() : undefined);
}, "an error takes what was queued");

promise_test(async (t) => {
  const stream = new ReadableStream();
  const reader = stream.getReader();
  const pending = reader.read();
  reader.releaseLock();
  await promise_rejects_js(t, TypeError, pending);
  const again = stream.getReader();
  assert_true(stream.locked);
  again.releaseLock();
}, "releasing a lock ends the reads that wait");

promise_test(async () => {
  const reasons = [];
  const stream = new ReadableStream({
    cancel(reason) {
      reasons.push(reason);
    },
  });
  await stream.cancel("why");
  assert_array_equals(reasons, ["why"]);
  assert_equals(await of().cancel(), undefined);
}, "cancel tells the source");

promise_test(async (t) => {
  const async = async function* () {
    yield 1;
    yield Promise.resolve(2);
  };
  for (const [from, expected] of [
    [
      [1, 2],
      [1, 2],
    ],
    [new Set([1]), [1]],
    [async(), [1, 2]],
    [of(1, 2), [1, 2]],
    ["ab", ["a", "b"]],
    [[Promise.resolve(5)], [5]],
  ])
    assert_array_equals(await listed(ReadableStream.from(from)), expected);
  for (const from of [1, null, undefined, {}, true, { [Symbol.iterator]: 1 }, { [Symbol.iterator]: () => 1 }])
    assert_throws_js(TypeError, () => ReadableStream.from(from), String(from));
  let returned;
  const iterator = {
    next: () => ({ value: 1, done: false }),
    return: (reason) => {
      returned = reason;
      return {};
    },
  };
  const stream = ReadableStream.from({ [Symbol.asyncIterator]: () => iterator });
  await stream.getReader().cancel("why");
  assert_equals(returned, "why");
  await promise_rejects_js(
    t,
    RangeError,
    listed(
      ReadableStream.from(
        (function* () {
          throw new RangeError("own");
        })(),
      ),
    ),
  );
}, "from iterables");

promise_test(async () => {
  let cancelled = 0;
  const endless = () =>
    new ReadableStream({
      pull(c) {
        c.enqueue(1);
      },
      cancel() {
        cancelled++;
      },
    });
  const first = endless();
  for await (const _ of first) break;
  assert_equals(cancelled, 1);
  assert_false(first.locked);
  const kept = endless();
  for await (const _ of kept.values({ preventCancel: true })) break;
  assert_equals(cancelled, 1);
  const iterator = kept.values();
  assert_equals(iterator[Symbol.asyncIterator](), iterator);
  const prototype = Object.getPrototypeOf(iterator);
  assert_equals(
    Object.getPrototypeOf(prototype),
    Object.getPrototypeOf(Object.getPrototypeOf(async function* () {}).prototype),
  );
  assert_array_equals(Object.keys(prototype).sort(), ["next", "return"]);
  const steps = await Promise.all([iterator.next(), iterator.next(), iterator.return("end")]);
  assert_equals(
    JSON.stringify(steps),
    '[{"value":1,"done":false},{"value":1,"done":false},{"value":"end","done":true}]',
  );
}, "async iteration cancels, unless it is told not to");

promise_test(async () => {
  const [one, two] = of("a", "b").tee();
  assert_array_equals(await listed(one), ["a", "b"]);
  assert_array_equals(await listed(two), ["a", "b"]);
  let reason;
  const [three, four] = new ReadableStream({
    cancel(why) {
      reason = why;
    },
  }).tee();
  const both = Promise.all([three.cancel(1), four.cancel(2)]);
  await both;
  assert_array_equals(reason, [1, 2]);
  const [bytes, others] = new ReadableStream({
    type: "bytes",
    start(c) {
      c.enqueue(new Uint8Array([1, 2]));
      c.close();
    },
  }).tee();
  const [{ value: x }, { value: y }] = await Promise.all([
    bytes.getReader({ mode: "byob" }).read(new Uint8Array(2)),
    others.getReader().read(),
  ]);
  x[0] = 9;
  assert_array_equals(y, [1, 2], "each has its own bytes");
}, "tee");

promise_test(async (t) => {
  const written = [];
  const sink = () =>
    new WritableStream({
      write(chunk) {
        written.push(chunk);
      },
      close() {
        written.push("closed");
      },
      abort(reason) {
        written.push(`aborted ${reason}`);
      },
    });
  await of(1, 2).pipeTo(sink());
  await of(3).pipeTo(sink(), { preventClose: true });
  await promise_rejects_exactly(
    t,
    "own",
    new ReadableStream({
      start(c) {
        c.error("own");
      },
    }).pipeTo(sink()),
  );
  assert_array_equals(written, [1, 2, "closed", 3, "aborted own"]);
  let cancelled;
  const endless = new ReadableStream({
    pull(c) {
      c.enqueue(1);
    },
    cancel(reason) {
      cancelled = reason;
    },
  });
  await promise_rejects_exactly(
    t,
    "full",
    endless.pipeTo(
      new WritableStream({
        write() {
          throw "full";
        },
      }),
    ),
  );
  assert_equals(cancelled, "full");
  assert_false(endless.locked);
}, "pipeTo carries chunks, ends and errors");

promise_test(async (t) => {
  const controller = new AbortController();
  let cancelled, aborted;
  const source = new ReadableStream({
    cancel(reason) {
      cancelled = reason;
    },
  });
  const sink = new WritableStream({
    abort(reason) {
      aborted = reason;
    },
  });
  const piped = source.pipeTo(sink, { signal: controller.signal });
  controller.abort("enough");
  await promise_rejects_exactly(t, "enough", piped);
  assert_array_equals([cancelled, aborted], ["enough", "enough"]);
  await promise_rejects_dom(t, "AbortError", of(1).pipeTo(new WritableStream(), { signal: AbortSignal.abort() }));
  for (const signal of [1, {}, "x", null])
    await promise_rejects_js(t, TypeError, of(1).pipeTo(new WritableStream(), { signal }), String(signal));
  await promise_rejects_js(t, TypeError, of(1).pipeTo({}));
}, "pipeTo hears a signal");

promise_test(async () => {
  const upper = new TransformStream({
    transform(chunk, c) {
      c.enqueue(chunk.toUpperCase());
    },
  });
  const through = of("a").pipeThrough(upper);
  assert_equals(through, upper.readable);
  assert_array_equals(await listed(through), ["A"]);
  for (const pair of [undefined, {}, { readable: of(), writable: 1 }, { readable: 1, writable: new WritableStream() }])
    assert_throws_js(TypeError, () => of().pipeThrough(pair));
}, "pipeThrough");

promise_test(async (t) => {
  const stream = new ReadableStream({
    type: "bytes",
    pull(c) {
      const { view } = c.byobRequest;
      view[0] = view.byteLength;
      c.byobRequest.respond(1);
    },
  });
  const reader = stream.getReader({ mode: "byob" });
  const given = new Uint8Array(5);
  const { value, done } = await reader.read(given);
  assert_equals(given.byteLength, 0, "the buffer went away");
  assert_array_equals(value, [5]);
  assert_false(done);
  assert_equals((await reader.read(new Uint16Array(3), { min: 2 })).value.length, 2);
  for (const bad of [new Uint8Array(0), given, undefined, {}, new ArrayBuffer(1)])
    await promise_rejects_js(t, TypeError, reader.read(bad));
  for (const min of [0, -1, 1.5 - 2]) await promise_rejects_js(t, TypeError, reader.read(new Uint8Array(1), { min }));
  await promise_rejects_js(t, RangeError, reader.read(new Uint8Array(1), { min: 2 }));
  for (const mode of ["x", "", null])
    assert_throws_js(TypeError, () => new ReadableStream({ type: "bytes" }).getReader({ mode }));
  assert_throws_js(TypeError, () => new ReadableStream().getReader({ mode: "byob" }));
}, "bring your own buffer");

promise_test(async () => {
  const stream = new ReadableStream({
    type: "bytes",
    autoAllocateChunkSize: 8,
    pull(c) {
      c.byobRequest.view[0] = 7;
      c.byobRequest.respondWithNewView(c.byobRequest.view.subarray(0, 1));
    },
  });
  const { value } = await stream.getReader().read();
  assert_array_equals(value, [7]);
  assert_equals(value.buffer.byteLength, 8);
}, "autoAllocateChunkSize");

promise_test(async () => {
  const stream = new ReadableStream({
    type: "bytes",
    start(c) {
      c.enqueue(new Uint8Array([1, 2, 3, 4, 5]));
      c.close();
    },
  });
  const reader = stream.getReader({ mode: "byob" });
  assert_array_equals((await reader.read(new Uint8Array(2))).value, [1, 2]);
  assert_array_equals(
    new Uint8Array((await reader.read(new DataView(new ArrayBuffer(9), 1, 2))).value.buffer, 1, 2),
    [3, 4],
  );
  assert_array_equals((await reader.read(new Uint8Array(9))).value, [5]);
  const last = await reader.read(new Uint8Array(4));
  assert_equals(last.done, true);
  assert_equals(last.value.byteLength, 0);
}, "what is queued is copied into the buffers");

test(() => {
  for (const name of ["ReadableStreamDefaultController", "ReadableByteStreamController", "ReadableStreamBYOBRequest"])
    assert_throws_js(TypeError, () => new self[name]());
  for (const stream of [{}, 1, undefined, new WritableStream()]) {
    assert_throws_js(TypeError, () => new ReadableStreamDefaultReader(stream));
    assert_throws_js(TypeError, () => new ReadableStreamBYOBReader(stream));
  }
}, "constructors that refuse");

const flush = () => new Promise((resolve) => setTimeout(resolve, 0));

promise_test(async (t) => {
  await promise_rejects_js(t, TypeError, new ReadableStream().pipeTo());
  await promise_rejects_js(t, TypeError, new ReadableStream().pipeTo({}));
  await promise_rejects_js(t, TypeError, ReadableStream.prototype.pipeTo.call({}, new WritableStream()));
  await promise_rejects_js(t, TypeError, new ReadableStream().pipeTo(new WritableStream(), { signal: {} }));
  assert_equals(ReadableStream.prototype.pipeTo.length, 1);
  assert_equals(ReadableStream.prototype.pipeTo.name, "pipeTo");
}, "pipeTo: what it does not take");
