idl_test(`
[Exposed=(Window,Worker)]interface Response {
  constructor(optional BodyInit? body = null, optional ResponseInit init = {});

  [NewObject] static Response error();
  [NewObject] static Response redirect(USVString url, optional unsigned short status = 302);
  [NewObject] static Response json(any data, optional ResponseInit init = {});

  readonly attribute ResponseType type;

  readonly attribute USVString url;
  readonly attribute boolean redirected;
  readonly attribute unsigned short status;
  readonly attribute boolean ok;
  readonly attribute ByteString statusText;
  [SameObject] readonly attribute Headers headers;

  [NewObject] Response clone();
  readonly attribute ReadableStream? body;
  readonly attribute boolean bodyUsed;
  [NewObject] Promise<ArrayBuffer> arrayBuffer();
  [NewObject] Promise<Blob> blob();
  [NewObject] Promise<Uint8Array> bytes();
  [NewObject] Promise<FormData> formData();
  [NewObject] Promise<any> json();
  [NewObject] Promise<USVString> text();
};`);

test(() => {
  const response = new Response();
  const expected = {
    type: "default",
    url: "",
    redirected: false,
    status: 200,
    ok: true,
    statusText: "",
    body: null,
    bodyUsed: false,
  };
  for (const [name, value] of Object.entries(expected)) assert_equals(response[name], value, name);
  assert_equals([...response.headers].length, 0);
  assert_equals(response.headers, response.headers);
  for (const body of [undefined, null]) assert_equals(new Response(body).body, null);
  assert_not_equals(new Response("").body, null);
}, "defaults");

test(() => {
  for (const status of [200, 599, 204.9, "201", [300], 65_536 + 200])
    assert_equals(new Response(null, { status }).status, Math.trunc(Number(status)) % 65_536);
  for (const status of [0, 100, 101, 199, 600, 1000, -1, Number.NaN, "x", null])
    assert_throws_js(RangeError, () => new Response(null, { status }), String(status));
  for (const status of [200, 299]) assert_true(new Response(null, { status }).ok);
  for (const status of [300, 404, 500]) assert_false(new Response(null, { status }).ok);
}, "a status is from 200 to 599");

test(() => {
  for (const statusText of ["", "OK", "\t a b", "é\u00ff"])
    assert_equals(new Response(null, { statusText }).statusText, statusText);
  for (const statusText of ["\n", "\r", "a\0", "\x7f", "\u0100"])
    assert_throws_js(TypeError, () => new Response(null, { statusText }), JSON.stringify(statusText));
}, "the text of a status is a reason phrase");

test(() => {
  for (const status of [204, 205, 304]) {
    assert_equals(new Response(null, { status }).body, null);
    for (const body of ["", "x", new Uint8Array(0), new ReadableStream()])
      assert_throws_js(TypeError, () => new Response(body, { status }));
  }
}, "some statuses have no body");

test(() => {
  for (const init of [1, "x", true]) assert_throws_js(TypeError, () => new Response(null, init));
  assert_throws_js(TypeError, () => new Response(null, { headers: null }));
  assert_throws_js(TypeError, () => new Response(Symbol("x")));
  const read = [];
  new Response(
    null,
    new Proxy(
      {},
      {
        get: (_, name) => {
          read.push(name);
        },
      },
    ),
  );
  assert_array_equals(read, ["headers", "status", "statusText"]);
  const order = [];
  new Response(
    {
      toString: () => {
        order.push("body");
        return "";
      },
    },
    {
      get status() {
        order.push("init");
        return 200;
      },
    },
  );
  assert_array_equals(order, ["body", "init"]);
}, "the init is a dictionary, read after the body");

test(() => {
  const response = Response.error();
  assert_equals(response.type, "error");
  assert_equals(response.status, 0);
  assert_equals(response.statusText, "");
  assert_equals(response.body, null);
  assert_false(response.ok);
  assert_equals(response.clone().type, "error");
}, "a network error");

test(() => {
  for (const [status, expected] of [
    [undefined, 302],
    [301, 301],
    [302, 302],
    [303, 303],
    [307, 307],
    ["308", 308],
  ]) {
    const response = Response.redirect("https://a.example/ä", status);
    assert_equals(response.status, expected);
    assert_equals(response.headers.get("location"), "https://a.example/%C3%A4");
    assert_equals(response.body, null);
    assert_equals(response.type, "default");
  }
  for (const status of [200, 300, 304, 309, 400, 0, null])
    assert_throws_js(RangeError, () => Response.redirect("https://a.example/", status));
  for (const url of ["", "/x", "https://", "//a"]) assert_throws_js(TypeError, () => Response.redirect(url));
  assert_throws_js(TypeError, () => Response.redirect("/x", 200), "the URL is looked at first");
}, "redirects");

promise_test(async () => {
  const response = Response.json({ a: [1, "é"] }, { status: 201, headers: { x: "1" } });
  assert_equals(response.headers.get("content-type"), "application/json");
  assert_equals(response.status, 201);
  assert_equals(response.headers.get("x"), "1");
  assert_equals(await response.clone().text(), '{"a":[1,"é"]}');
  assert_object_equals(await response.json(), { a: [1, "é"] });
  assert_equals(Response.json(null, { headers: { "content-type": "own" } }).headers.get("content-type"), "own");
  for (const data of [undefined, () => {}, Symbol("x")]) assert_throws_js(TypeError, () => Response.json(data));
  assert_throws_js(TypeError, () => Response.json({}, { status: 204 }));
  assert_throws_js(RangeError, () => Response.json({}, { status: 101 }));
  const circle = {};
  circle.circle = circle;
  assert_throws_js(TypeError, () => Response.json(circle));
  const error = new Error("own");
  assert_throws_exactly(error, () =>
    Response.json({
      get a() {
        throw error;
      },
    }),
  );
}, "json");

promise_test(async () => {
  const response = new Response("abc", { status: 201, statusText: "Made", headers: { a: "1" } });
  const clone = response.clone();
  response.headers.set("a", "2");
  assert_equals(clone.headers.get("a"), "1");
  assert_equals(clone.status, 201);
  assert_equals(clone.statusText, "Made");
  assert_equals((await response.text()) + (await clone.text()), "abcabc");
  assert_throws_js(TypeError, () => response.clone());
  const locked = new Response("x");
  locked.body.getReader();
  assert_throws_js(TypeError, () => locked.clone());
}, "a clone shares nothing");

promise_test(async () => {
  for (const chunk of [
    new Int8Array([1]),
    new Float64Array([1.5]),
    new DataView(new ArrayBuffer(2)),
    new ArrayBuffer(3),
    new Uint8Array([7]),
  ]) {
    const response = new Response(
      new ReadableStream({
        start(c) {
          c.enqueue(chunk);
          c.close();
        },
      }),
    );
    const clone = response.clone();
    const [{ value: mine }, { value: theirs }] = await Promise.all([
      response.body.getReader().read(),
      clone.body.getReader().read(),
    ]);
    assert_equals(mine, chunk);
    assert_not_equals(theirs, chunk);
    assert_equals(Object.getPrototypeOf(theirs), Object.getPrototypeOf(chunk));
    assert_equals(theirs.byteLength, chunk.byteLength);
  }
}, "a clone of a stream has chunks of its own");

promise_test(async (t) => {
  const response = new Response(
    new ReadableStream({
      start(c) {
        c.enqueue(new Uint8Array([97]));
        c.error(new RangeError("own"));
      },
    }),
  );
  const clone = response.clone();
  await promise_rejects_js(t, RangeError, response.text());
  await promise_rejects_js(t, RangeError, clone.text());
}, "what breaks a stream breaks its clones");
