const makers = {
  Request: (body, headers) =>
    new Request("https://a.example/", { method: "POST", body, duplex: "half", ...(headers && { headers }) }),
  Response: (body, headers) => new Response(body, headers && { headers }),
};
const streamOf = (...chunks) =>
  new ReadableStream({
    start(c) {
      for (const chunk of chunks) c.enqueue(chunk);
      c.close();
    },
  });
const utf8 = (text) => new TextEncoder().encode(text);
const METHODS = ["arrayBuffer", "blob", "bytes", "formData", "json", "text"];

for (const [kind, make] of Object.entries(makers)) {
  const bodies = {
    text: () => "é€😀",
    bytes: () => utf8("é€😀"),
    "a buffer": () => utf8("é€😀").slice().buffer,
    "a view": () => new DataView(utf8("--é€😀").slice().buffer, 2),
    "a Blob": () => new Blob(["é€", "😀"]),
    "a stream": () => streamOf(utf8("é"), utf8("€😀")),
    "a stream of split characters": () => streamOf(...[...utf8("é€😀")].map((byte) => new Uint8Array([byte]))),
    "a stream of bytes": () =>
      new ReadableStream({
        type: "bytes",
        start(c) {
          c.enqueue(utf8("é€😀"));
          c.close();
        },
      }),
    "another body": () => new Response("é€😀").body,
    "an object": () => ({ toString: () => "é€😀" }),
  };
  for (const [what, body] of Object.entries(bodies)) {
    promise_test(async () => {
      assert_equals(await make(body()).text(), "é€😀");
      assert_array_equals(await make(body()).bytes(), utf8("é€😀"));
      assert_equals((await make(body()).arrayBuffer()).byteLength, 9);
      assert_equals(await (await make(body()).blob()).text(), "é€😀");
      let streamed = [];
      for await (const chunk of make(body()).body) {
        assert_true(chunk instanceof Uint8Array);
        streamed = [...streamed, ...chunk];
      }
      assert_array_equals(streamed, utf8("é€😀"));
    }, `${kind}: ${what} in every form`);
  }

  promise_test(async (t) => {
    for (const method of METHODS) {
      const message = make("{}", { "content-type": "application/x-www-form-urlencoded" });
      const first = message[method]();
      assert_true(message.bodyUsed, `${method}: used at once`);
      await promise_rejects_js(t, TypeError, message[method]());
      await first;
      for (const other of METHODS) await promise_rejects_js(t, TypeError, message[other]());
      assert_true(message.body.locked, `${method}: its stream is locked`);
      assert_throws_js(TypeError, () => message.body.getReader());
    }
  }, `${kind}: a body is read once`);

  promise_test(async (t) => {
    const message = make("abc");
    const { body } = message;
    assert_equals(message.body, body, "one stream");
    assert_false(message.bodyUsed);
    const reader = body.getReader();
    assert_false(message.bodyUsed, "locked is not used");
    await promise_rejects_js(t, TypeError, message.text());
    reader.releaseLock();
    assert_equals(await message.text(), "abc");
    assert_true(message.bodyUsed);
    const cancelled = make("abc");
    await cancelled.body.cancel();
    assert_true(cancelled.bodyUsed);
    await promise_rejects_js(t, TypeError, cancelled.text());
    const begun = make("abc");
    const second = begun.body.getReader();
    await second.read();
    second.releaseLock();
    assert_true(begun.bodyUsed);
    await promise_rejects_js(t, TypeError, begun.text());
  }, `${kind}: its stream and its methods are one body`);

  promise_test(async (t) => {
    for (const chunk of [
      "text",
      1,
      null,
      undefined,
      {},
      new ArrayBuffer(1),
      new DataView(new ArrayBuffer(1)),
      new Int8Array(1),
      [1],
    ]) {
      for (const method of METHODS)
        await promise_rejects_js(
          t,
          TypeError,
          make(streamOf(chunk), { "content-type": "application/x-www-form-urlencoded" })[method](),
        );
    }
    const error = new RangeError("own");
    await promise_rejects_exactly(
      t,
      error,
      make(
        new ReadableStream({
          pull() {
            throw error;
          },
        }),
      ).text(),
    );
    await promise_rejects_exactly(
      t,
      error,
      make(
        new ReadableStream({
          start(c) {
            c.error(error);
          },
        }),
      ).json(),
    );
  }, `${kind}: a stream gives Uint8Array chunks or its body cannot be read`);

  promise_test(async (t) => {
    assert_equals(await make("\ufeffa\ufeff").text(), "a\ufeff");
    assert_equals(await make(utf8("\ufeff\ufeffa")).text(), "\ufeffa");
    assert_equals(await make(new Uint8Array([0xff, 0x61])).text(), "\ufffda");
    assert_equals(await make("\ud800x").text(), "\ufffdx");
    assert_object_equals(await make('\ufeff{"a":1}').json(), { a: 1 });
    assert_equals(await make(" 1 ").json(), 1);
    for (const body of ["", "{", "undefined", "'a'"]) await promise_rejects_js(t, SyntaxError, make(body).json());
  }, `${kind}: text is UTF-8 without its mark, JSON is parsed`);

  promise_test(async () => {
    const bytes = new Uint8Array([1, 2, 3]);
    const message = make(bytes);
    bytes[0] = 9;
    const clone = message.clone();
    const read = await message.bytes();
    assert_array_equals(read, [1, 2, 3]);
    read[1] = 9;
    assert_array_equals(await clone.bytes(), [1, 2, 3]);
    const buffer = await make(new Uint8Array([0, 1, 2]).subarray(1)).arrayBuffer();
    assert_equals(buffer.byteLength, 2);
  }, `${kind}: bytes are copied`);

  promise_test(async () => {
    for (const [given, type] of [
      ["Text/HTML;Charset=UTF-8", "text/html;charset=UTF-8"],
      ["text/html; charset = x", "text/html"],
      ["x", ""],
      ["", ""],
      ["a/b, c/d;x=1", "c/d;x=1"],
      ['a/b;x="1,\\"2"', 'a/b;x="1,\\"2"'],
      ["a/b;charset=x, a/b", "a/b;charset=x"],
      ["a/b, */*", "a/b"],
    ])
      assert_equals((await make("x", { "content-type": given }).blob()).type, type, given);
    assert_equals((await make(new Blob(["x"], { type: "a/b" })).blob()).type, "a/b");
    assert_equals((await make("x").blob()).type, "text/plain;charset=utf-8".replace("utf-8", "UTF-8"));
  }, `${kind}: a Blob has the type that the headers come to`);

  promise_test(async (t) => {
    const form = await make("a=1&b=%C3%A9+x&a=2&?=y", {
      "content-type": "application/x-www-form-urlencoded; charset=x",
    }).formData();
    assert_array_equals([...form].flat(), ["a", "1", "b", "é x", "a", "2", "?", "y"]);
    for (const type of ["text/plain", "multipart/form-data", "application/json", ""])
      await promise_rejects_js(t, TypeError, make("a=1", { "content-type": type }).formData(), type);
    await promise_rejects_js(t, TypeError, make("a=1").formData());
  }, `${kind}: a form is read from its content type`);

  promise_test(async () => {
    const given = new FormData();
    given.append('q"\n', "line\nend\r");
    given.append("file", new File(["\r\n\0\xff--"], 'a"b\r.txt', { type: "x/y" }));
    given.append("empty", "");
    given.append("blob", new Blob([]));
    const message = make(given);
    const text = await message.clone().text();
    assert_true(text.includes('name="q%22%0D%0A"\r\n\r\nline\r\nend\r\n\r\n'), text);
    assert_true(text.includes('name="file"; filename="a%22b%0D.txt"\r\nContent-Type: x/y\r\n\r\n'), text);
    assert_true(text.includes('filename="blob"\r\nContent-Type: application/octet-stream\r\n\r\n\r\n'), text);
    const form = await message.formData();
    assert_array_equals([...form.keys()], ["q%22%0D%0A", "file", "empty", "blob"]);
    assert_equals(form.get("q%22%0D%0A"), "line\r\nend\r\n");
    assert_equals(form.get("file").name, "a%22b%0D.txt");
    assert_equals(form.get("file").type, "x/y");
    assert_equals(await form.get("file").text(), "\r\n\0\xff--");
    assert_equals(form.get("empty"), "");
    assert_equals(form.get("blob").size, 0);
  }, `${kind}: a form goes out and comes back`);

  promise_test(async (t) => {
    const parse = (text) => make(text, { "content-type": "multipart/form-data; boundary=x" }).formData();
    const form = await parse(
      '--x\r\nContent-Disposition: form-data; name="a"; filename="f"\r\ncontent-type: Text/Plain\r\n\r\n\r\n--x\r\ncontent-disposition:form-data;name=b\r\nx-other: y\r\n\r\n\ufeff1\r\n--x--\r\nafter',
    );
    assert_equals(form.get("a").type, "text/plain");
    assert_equals(await form.get("a").text(), "");
    for (const bad of [
      "",
      "x",
      "--x",
      "--x\r\n",
      "--y--",
      "--x--but",
      "--x\r\n\r\n1\r\n--x--",
      '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1',
      '--x\r\nContent-Disposition: attachment; name="a"\r\n\r\n1\r\n--x--',
      "--x\r\nContent-Disposition: form-data\r\n\r\n1\r\n--x--",
      '--x\r\nContent-Disposition: form-data; name="a"\r\n1\r\n--x--',
    ])
      await promise_rejects_js(t, TypeError, parse(bad), JSON.stringify(bad));
    assert_equals([...(await parse("--x--"))].length, 0);
    assert_equals([...(await parse("\r\n--x--\r\n"))].length, 0);
  }, `${kind}: what is no form is a TypeError`);

  promise_test(async () => {
    const message = make("0123456789".repeat(20_000));
    const reader = message.body.getReader({ mode: "byob" });
    const first = await reader.read(new Uint8Array(10));
    assert_equals(new TextDecoder().decode(first.value), "0123456789");
    let size = 10;
    for (
      let step = await reader.read(new Uint8Array(50_000));
      !step.done;
      step = await reader.read(new Uint8Array(50_000))
    )
      size += step.value.length;
    assert_equals(size, 200_000);
    assert_equals((await reader.read(new Uint8Array(1))).done, true);
  }, `${kind}: its stream is one of bytes`);
}

promise_test(async (t) => {
  for (const message of [new Response(), new Request("https://a.example/")]) {
    assert_equals(message.body, null);
    for (let turn = 0; turn < 2; turn++) {
      assert_equals(await message.text(), "");
      assert_equals((await message.bytes()).length, 0);
      assert_equals((await message.arrayBuffer()).byteLength, 0);
      assert_equals((await message.blob()).size, 0);
      assert_false(message.bodyUsed);
    }
    await promise_rejects_js(t, SyntaxError, message.json());
    await promise_rejects_js(t, TypeError, message.formData());
  }
}, "no body is an empty one that can be read again and again");

test(() => {
  const stream = new ReadableStream();
  const reader = stream.getReader();
  for (const make of Object.values(makers)) assert_throws_js(TypeError, () => make(stream));
  reader.cancel();
  reader.releaseLock();
  for (const make of Object.values(makers)) assert_throws_js(TypeError, () => make(stream));
}, "a stream that is locked or was read is no body");

promise_test(async () => {
  const upstream = new Response("through");
  const passed = new Response(upstream.body, upstream);
  assert_false(upstream.bodyUsed);
  assert_equals(await passed.text(), "through");
  assert_true(upstream.bodyUsed);
  assert_true(upstream.body.locked);
}, "a body that is handed on counts as read once the other is");
