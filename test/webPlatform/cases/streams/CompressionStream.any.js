for (const name of ["CompressionStream", "DecompressionStream"]) {
  idl_test(`
[Exposed=*]
interface ${name} {
  constructor(CompressionFormat format);
  readonly attribute ReadableStream readable;
  readonly attribute WritableStream writable;
};`);

  test(() => {
    const Class = self[name];
    for (const format of ["x", "", null, "br", "GZIP", undefined, {}])
      assert_throws_js(TypeError, () => new Class(format));
    const pair = new Class("gzip");
    assert_true(pair.readable instanceof ReadableStream);
    assert_true(pair.writable instanceof WritableStream);
    assert_equals(pair.readable, pair.readable);
  }, `${name}: formats and ends`);

  promise_test(async (t) => {
    for (const chunk of ["text", 1, null, undefined, {}, [1]]) {
      const { readable, writable } = new self[name]("deflate");
      const writer = writable.getWriter();
      const read = readable.getReader().read();
      await promise_rejects_js(t, TypeError, writer.write(chunk));
      await promise_rejects_js(t, TypeError, read);
    }
  }, `${name}: a chunk that is no BufferSource breaks both ends`);
}

const pack = (data, format) => new Response(new Response(data).body.pipeThrough(new CompressionStream(format))).bytes();
const unpack = (bytes, format) => new Response(new Response(bytes).body.pipeThrough(new DecompressionStream(format)));

for (const format of ["brotli", "gzip", "deflate", "deflate-raw"]) {
  promise_test(async () => {
    for (const text of ["", "a", "abc ".repeat(50_000)])
      assert_equals(await unpack(await pack(text, format), format).text(), text);
    const packed = await pack("x".repeat(100_000), format);
    assert_less_than(packed.length, 1_000);
  }, `${format}: there and back`);

  promise_test(async (t) => {
    const packed = await pack("some text that is long enough to be cut", format);
    await promise_rejects_js(t, TypeError, unpack(packed.slice(0, -1), format).text());
    await promise_rejects_js(
      t,
      TypeError,
      unpack(new Uint8Array([...packed, 0]), format).text(),
      "bytes after the end",
    );
    await promise_rejects_js(t, TypeError, unpack(new Uint8Array(0), format).text(), "nothing at all");
    const broken = packed.slice();
    broken[["brotli", "deflate-raw"].includes(format) ? 0 : packed.length - 1] ^= 0xff;
    await promise_rejects_js(t, TypeError, unpack(broken, format).text());
    await promise_rejects_js(t, TypeError, unpack(new Uint8Array([1, 2, 3, 4]), format).text());
  }, `${format}: what is not whole is a TypeError`);

  promise_test(async () => {
    const packed = await pack("byte by byte", format);
    const bytes = new ReadableStream({
      start(c) {
        for (const byte of packed) c.enqueue(new Uint8Array([byte]));
        c.close();
      },
    });
    assert_equals(await new Response(bytes.pipeThrough(new DecompressionStream(format))).text(), "byte by byte");
  }, `${format}: chunks of any size`);
}

promise_test(async () => {
  const views = [
    new Uint8Array([97, 98]),
    new Uint8Array([99, 100]).buffer,
    new DataView(new Uint8Array([0, 101]).buffer, 1),
    new Uint16Array([0x6766]),
    new Uint8Array(0),
  ];
  const stream = new ReadableStream({
    start(c) {
      for (const view of views) c.enqueue(view);
      c.close();
    },
  });
  const packed = await new Response(stream.pipeThrough(new CompressionStream("gzip"))).bytes();
  assert_equals(await unpack(packed, "gzip").text(), "abcdefg");
}, "chunks of every kind of bytes");

promise_test(async () => {
  const { readable, writable } = new CompressionStream("gzip");
  const chunks = [];
  const read = (async () => {
    for await (const chunk of readable) {
      assert_true(chunk instanceof Uint8Array);
      chunks.push(chunk);
    }
  })();
  const writer = writable.getWriter();
  await writer.write(new Uint8Array(10));
  await writer.close();
  await read;
  assert_greater_than(chunks.length, 0);
}, "output is Uint8Array");

for (const format of ["brotli", "gzip", "deflate", "deflate-raw"]) {
  promise_test(async () => {
    const text = "more than one step of input and of output ";
    const chunks = new ReadableStream({
      start(c) {
        for (let index = 0; index < 300; index++) c.enqueue(new TextEncoder().encode(text.repeat(index)));
        c.enqueue(new Uint8Array(0));
        c.close();
      },
    });
    const packed = await new Response(chunks.pipeThrough(new CompressionStream(format))).bytes();
    assert_equals(await unpack(packed, format).text(), text.repeat((299 * 300) / 2));
  }, `${format}: many chunks`);

  promise_test(async (t) => {
    const { readable, writable } = new DecompressionStream(format);
    const reason = new Error("not wanted");
    await readable.cancel(reason);
    await promise_rejects_exactly(t, reason, writable.getWriter().write(new Uint8Array(1)));
    const other = new CompressionStream(format);
    const read = other.readable.getReader().read();
    await other.writable.abort(reason);
    await promise_rejects_exactly(t, reason, read);
  }, `${format}: an end that is given up ends the other`);
}

promise_test(async () => {
  // "hello, hello" as another encoder packs it.
  const packed = Uint8Array.from(atob("iwWAaGVsbG8sIGhlbGxvAw=="), (character) => character.charCodeAt(0));
  assert_equals(await unpack(packed, "brotli").text(), "hello, hello");
}, "brotli: what others have packed");
