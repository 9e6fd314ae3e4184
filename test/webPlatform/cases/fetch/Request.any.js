idl_test(`
[Exposed=(Window,Worker)]
interface Request {
  constructor(RequestInfo input, optional RequestInit init = {});

  readonly attribute ByteString method;
  readonly attribute USVString url;
  [SameObject] readonly attribute Headers headers;

  readonly attribute RequestDestination destination;
  readonly attribute USVString referrer;
  readonly attribute ReferrerPolicy referrerPolicy;
  readonly attribute RequestMode mode;
  readonly attribute RequestCredentials credentials;
  readonly attribute RequestCache cache;
  readonly attribute RequestRedirect redirect;
  readonly attribute DOMString integrity;
  readonly attribute boolean keepalive;
  readonly attribute boolean isReloadNavigation;
  readonly attribute boolean isHistoryNavigation;
  readonly attribute AbortSignal signal;
  readonly attribute RequestDuplex duplex;

  [NewObject] Request clone();
  readonly attribute ReadableStream? body;
  readonly attribute boolean bodyUsed;
  [NewObject] Promise<ArrayBuffer> arrayBuffer();
  [NewObject] Promise<Blob> blob();
  [NewObject] Promise<Uint8Array> bytes();
  [NewObject] Promise<FormData> formData();
  [NewObject] Promise<any> json();
  [NewObject] Promise<USVString> text();
};`);

const URL_TEXT = "https://a.example/x?y=1#z";

test(() => {
  const request = new Request(URL_TEXT);
  const expected = {
    method: "GET",
    url: URL_TEXT,
    destination: "",
    referrer: "about:client",
    referrerPolicy: "",
    mode: "cors",
    credentials: "same-origin",
    cache: "default",
    redirect: "follow",
    integrity: "",
    keepalive: false,
    isReloadNavigation: false,
    isHistoryNavigation: false,
    duplex: "half",
    body: null,
    bodyUsed: false,
  };
  for (const [name, value] of Object.entries(expected)) assert_equals(request[name], value, name);
  assert_equals([...request.headers].length, 0);
  assert_true(request.signal instanceof AbortSignal);
  assert_equals(request.signal, request.signal);
  assert_equals(request.headers, request.headers);
}, "defaults");

test(() => {
  for (const input of [
    "",
    "x",
    "/x",
    "https://",
    "https://u@a.example/",
    "https://:p@a.example/",
    "https://u:p@a.example/",
    null,
    undefined,
    {},
  ])
    assert_throws_js(TypeError, () => new Request(input), String(input));
  assert_equals(new Request({ toString: () => "HTTPS://A.example:443/ä" }).url, "https://a.example/%C3%A4");
  assert_equals(new Request(new URL("https://a.example/")).url, "https://a.example/");
  assert_throws_js(TypeError, () => new Request());
}, "the URL is absolute and has no credentials");

test(() => {
  const init = {
    method: "post",
    referrerPolicy: "origin",
    mode: "same-origin",
    credentials: "include",
    cache: "only-if-cached",
    redirect: "manual",
    integrity: "sha256-x",
    keepalive: 1,
    referrer: "",
    body: "b",
    duplex: "half",
    priority: "high",
    window: null,
  };
  const request = new Request(URL_TEXT, init);
  const expected = { ...init, method: "POST", keepalive: true };
  for (const name of [
    "method",
    "referrerPolicy",
    "mode",
    "credentials",
    "cache",
    "redirect",
    "integrity",
    "keepalive",
    "referrer",
    "duplex",
  ])
    assert_equals(request[name], expected[name], name);
  const again = new Request(request, { method: "PUT" });
  assert_equals(again.method, "PUT");
  assert_equals(again.credentials, "include");
  assert_equals(again.referrer, "about:client", "an init resets the referrer");
  assert_equals(again.referrerPolicy, "");
}, "an init says what is otherwise, and the rest is as it was");

test(() => {
  const bad = {
    method: ["", "a b", "CONNECT", "trace", "TrAcK", "é", "\u0100"],
    mode: ["navigate", "x", "CORS"],
    credentials: ["x"],
    cache: ["x", "only-if-cached"],
    redirect: ["x", "Follow"],
    referrerPolicy: ["x"],
    duplex: ["full", ""],
    priority: ["x"],
    signal: [{}, "x", 0],
    window: [{}, "x", 0],
    headers: [null, 1, "x", { "": "1" }, [["a"]]],
    referrer: ["https://", "/x"],
    body: [Symbol("x")],
  };
  for (const [name, values] of Object.entries(bad))
    for (const value of values)
      assert_throws_js(TypeError, () => new Request(URL_TEXT, { [name]: value }), `${name}: ${String(value)}`);
  for (const init of [1, "x", true, Symbol("x")]) assert_throws_js(TypeError, () => new Request(URL_TEXT, init));
  assert_equals(new Request(URL_TEXT, null).method, "GET");
  assert_equals(new Request(URL_TEXT, () => {}).method, "GET");
  assert_equals(
    new Request(URL_TEXT, { referrer: "https://b.example/" }).referrer,
    "about:client",
    "of another origin",
  );
}, "what an init cannot say is a TypeError");

test(() => {
  for (const [method, normal] of [
    ["get", "GET"],
    ["Post", "POST"],
    ["delete", "DELETE"],
    ["head", "HEAD"],
    ["options", "OPTIONS"],
    ["put", "PUT"],
    ["patch", "patch"],
    ["PaTcH", "PaTcH"],
    ["query", "query"],
  ])
    assert_equals(new Request(URL_TEXT, { method }).method, normal);
}, "six methods are normalised");

test(() => {
  const read = [];
  const init = new Proxy(
    {},
    {
      get: (_, name) => {
        read.push(name);
      },
    },
  );
  new Request(URL_TEXT, init);
  const ours = [
    "body",
    "cache",
    "credentials",
    "duplex",
    "headers",
    "integrity",
    "keepalive",
    "method",
    "mode",
    "priority",
    "redirect",
    "referrer",
    "referrerPolicy",
    "signal",
    "window",
  ];
  assert_array_equals(
    read.filter((name) => ours.includes(name)),
    ours,
  );
}, "an init is read once, in the order of Web IDL");

test(() => {
  for (const method of ["GET", "HEAD", "get"])
    assert_throws_js(TypeError, () => new Request(URL_TEXT, { method, body: "" }));
  const request = new Request(URL_TEXT, { method: "POST", body: "x" });
  assert_throws_js(TypeError, () => new Request(request, { method: "GET" }));
  assert_throws_js(TypeError, () => new Request(request, { method: "GET", body: null }));
  assert_false(request.bodyUsed);
}, "GET and HEAD have no body");

test(() => {
  const stream = () => new ReadableStream();
  assert_throws_js(TypeError, () => new Request(URL_TEXT, { method: "POST", body: stream() }));
  assert_throws_js(
    TypeError,
    () => new Request(URL_TEXT, { method: "POST", body: stream(), duplex: "half", keepalive: true }),
  );
  assert_throws_js(
    TypeError,
    () => new Request(URL_TEXT, { method: "POST", body: stream(), duplex: "half", mode: "no-cors" }),
  );
  const request = new Request(URL_TEXT, { method: "POST", body: stream(), duplex: "half" });
  assert_equals(request.headers.get("content-type"), null);
  const locked = stream();
  locked.getReader();
  assert_throws_js(TypeError, () => new Request(URL_TEXT, { method: "POST", body: locked, duplex: "half" }));
  assert_equals(new Request(URL_TEXT, request).method, "POST", "a request is an init whose duplex is half");
}, "a stream as a body needs duplex");

test(() => {
  assert_throws_js(TypeError, () => new Request(URL_TEXT, { mode: "no-cors", method: "PUT" }));
  assert_equals(new Request(URL_TEXT, { mode: "no-cors", method: "POST" }).mode, "no-cors");
}, "no-cors has three methods");

promise_test(async () => {
  const first = new Request(URL_TEXT, { method: "POST", body: "x", headers: { a: "1" } });
  const second = new Request(first);
  assert_true(first.bodyUsed);
  assert_true(first.body.locked);
  assert_false(second.bodyUsed);
  assert_throws_js(TypeError, () => new Request(first));
  assert_throws_js(TypeError, () => first.clone());
  assert_equals(new Request(first, { body: "y" }).method, "POST", "a new body in its place");
  assert_equals(await second.text(), "x");
  assert_equals(second.headers.get("a"), "1");
  second.headers.set("a", "2");
  assert_equals(first.headers.get("a"), "1");
  assert_not_equals(first.headers, second.headers);
}, "a request that is made of another takes its body");

promise_test(async () => {
  const first = new Request(URL_TEXT, { method: "POST", body: "old" });
  const second = new Request(first, { body: "new", headers: { b: "2" } });
  assert_equals(await second.text(), "new");
  assert_equals(second.headers.get("content-type"), "text/plain;charset=UTF-8");
  assert_false(first.bodyUsed);
  assert_equals(await first.text(), "old");
}, "a body of the init leaves the other's alone");

promise_test(async () => {
  const request = new Request(URL_TEXT, { method: "POST", body: "x", headers: { a: "1" }, redirect: "error" });
  const clone = request.clone();
  request.headers.set("a", "2");
  assert_equals(clone.headers.get("a"), "1");
  assert_equals(clone.redirect, "error");
  assert_not_equals(clone.signal, request.signal);
  assert_equals((await request.text()) + (await clone.text()), "xx");
  assert_throws_js(TypeError, () => request.clone());
}, "a clone shares nothing");

test(() => {
  const controller = new AbortController();
  const request = new Request(URL_TEXT, { signal: controller.signal });
  const second = new Request(request);
  const third = second.clone();
  const without = new Request(request, { signal: null });
  const other = new Request(request, { signal: new AbortController().signal });
  assert_not_equals(request.signal, controller.signal);
  const heard = [];
  for (const [index, each] of [request, second, third].entries()) each.signal.onabort = () => heard.push(index);
  controller.abort("why");
  assert_array_equals(heard.sort(), [0, 1, 2]);
  assert_equals(third.signal.reason, "why");
  assert_false(without.signal.aborted);
  assert_false(other.signal.aborted);
  assert_true(new Request(URL_TEXT, { signal: AbortSignal.abort() }).signal.aborted);
}, "signals follow");

test(() => {
  const controller = new AbortController();
  const request = new Request(URL_TEXT, { signal: controller.signal });
  controller.abort("late");
  assert_true(request.signal.aborted, "asked for afterwards");
  assert_equals(request.signal.reason, "late");
}, "a signal that is asked for late knows what was before");

test(() => {
  for (const [body, type] of [
    ["x", "text/plain;charset=UTF-8"],
    [new URLSearchParams("a=1"), "application/x-www-form-urlencoded;charset=UTF-8"],
    [new Blob(["x"], { type: "a/b" }), "a/b"],
    [new Blob(["x"]), null],
    [new Uint8Array(1), null],
  ]) {
    assert_equals(new Request(URL_TEXT, { method: "POST", body }).headers.get("content-type"), type);
    assert_equals(
      new Request(URL_TEXT, { method: "POST", body, headers: { "Content-Type": "own" } }).headers.get("content-type"),
      "own",
    );
  }
  assert_regexp_match(
    new Request(URL_TEXT, { method: "POST", body: new FormData() }).headers.get("content-type"),
    /^multipart\/form-data; boundary=\S{10,70}$/,
  );
}, "a body says its content type, unless the headers do");
