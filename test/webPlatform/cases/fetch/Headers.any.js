idl_test(`
[Exposed=(Window,Worker)]
interface Headers {
  constructor(optional HeadersInit init);

  undefined append(ByteString name, ByteString value);
  undefined delete(ByteString name);
  ByteString? get(ByteString name);
  sequence<ByteString> getSetCookie();
  boolean has(ByteString name);
  undefined set(ByteString name, ByteString value);
  iterable<ByteString, ByteString>;
};`);

test(() => {
  for (const init of [undefined, {}, [], new Headers(), new Map(), Object.create({ a: "1" })])
    assert_equals([...new Headers(init)].length, 0);
  for (const init of [null, 1, true, "a: b", Symbol("a"), 1n]) assert_throws_js(TypeError, () => new Headers(init));
}, "are made of a list, a record or nothing");

test(() => {
  const list = [
    ["A", "1"],
    new Set(["b", "2"]),
    {
      *[Symbol.iterator]() {
        yield "c";
        yield 3;
      },
    },
  ];
  assert_array_equals([...new Headers(list)].flat(), ["a", "1", "b", "2", "c", "3"]);
  for (const bad of [[["a"]], [["a", "b", "c"]], ["ab"], [[]], [1], [null]])
    assert_throws_js(TypeError, () => new Headers(bad));
}, "a list has pairs");

test(() => {
  const seen = [];
  const record = new Proxy(
    { a: 1, [Symbol("hidden")]: "no", c: 3 },
    {
      get(target, key) {
        seen.push(`get ${String(key)}`);
        return target[key];
      },
      getOwnPropertyDescriptor(target, key) {
        seen.push(`descriptor ${String(key)}`);
        const found = Reflect.getOwnPropertyDescriptor(target, key);
        return { ...found, enumerable: typeof key === "string", configurable: true };
      },
      ownKeys(target) {
        seen.push("keys");
        return Reflect.ownKeys(target);
      },
    },
  );
  assert_array_equals([...new Headers(record)].flat(), ["a", "1", "c", "3"]);
  assert_array_equals(seen, [
    "get Symbol(Symbol.iterator)",
    "keys",
    "descriptor a",
    "get a",
    "descriptor c",
    "get c",
    "descriptor Symbol(hidden)",
  ]);
  assert_throws_js(TypeError, () => new Headers({ [Symbol("x")]: "1" }));
}, "a record is read key by key; a symbol is no name");

test(() => {
  const order = [];
  const headers = new Headers([["x", "1"]]);
  const iterate = Headers.prototype[Symbol.iterator];
  headers[Symbol.iterator] = function () {
    order.push("own");
    return iterate.call(this);
  };
  assert_array_equals([...new Headers(headers)].flat(), ["x", "1"]);
  assert_array_equals(order.slice(0, 1), ["own"]);
}, "other headers are a list as well, by their own iterator");

test(() => {
  for (const name of ["", " ", "a b", "a:", "é", "a\n", "(", "a,b", "\u0100", "\0", "a=b", '"a"', "{a}", "a/b"]) {
    for (const use of [
      (h) => h.append(name, "1"),
      (h) => h.set(name, "1"),
      (h) => h.get(name),
      (h) => h.has(name),
      (h) => h.delete(name),
      () => new Headers([[name, "1"]]),
      () => new Headers({ [name]: "1" }),
    ])
      assert_throws_js(TypeError, () => use(new Headers()), JSON.stringify(name));
  }
  const allowed = "!#$%&'*+-.^_`|~09azAZ";
  assert_equals(new Headers([[allowed, "1"]]).get(allowed.toUpperCase()), "1");
}, "a name is a token, whatever its case");

test(() => {
  for (const value of ["a\nb", "a\rb", "a\0b", "\u0100", "✓", "a\r\n b"]) {
    assert_throws_js(TypeError, () => new Headers().append("a", value), JSON.stringify(value));
    assert_throws_js(TypeError, () => new Headers({ a: value }), JSON.stringify(value));
  }
  for (const [value, kept] of [
    [" \t\r\nx \n\r\t", "x"],
    ["", ""],
    ["   ", ""],
    ["a\tb  c", "a\tb  c"],
    ["é\u00ff\x7f\x01", "é\u00ff\x7f\x01"],
    [undefined, "undefined"],
    [null, "null"],
    [5, "5"],
    [[1, 2], "1,2"],
  ])
    assert_equals(new Headers([["a", value]]).get("a"), kept);
}, "a value has no line breaks, no NUL, no character over U+00FF; the space around it goes");

test(() => {
  const headers = new Headers({ b: "1" });
  headers.append("B", "2");
  headers.append("a", "");
  headers.append("a", "");
  assert_equals(headers.get("b"), "1, 2");
  assert_equals(headers.get("a"), ", ");
  assert_equals(headers.get("none"), null);
  headers.set("b", "3");
  assert_array_equals([...headers].flat(), ["a", ", ", "b", "3"]);
  headers.delete("A");
  headers.delete("none");
  assert_true(headers.has("B"));
  assert_false(headers.has("a"));
}, "append, set, delete, get, has");

test(() => {
  const headers = new Headers();
  for (const method of ["append", "set"]) {
    assert_throws_js(TypeError, () => headers[method]());
    assert_throws_js(TypeError, () => headers[method]("a"));
  }
  for (const method of ["get", "has", "delete", "forEach"]) assert_throws_js(TypeError, () => headers[method]());
  headers.set("undefined", "1");
  assert_equals(headers.get(undefined), "1");
}, "an argument that is missing is not undefined");

test(() => {
  const headers = new Headers([
    ["set-cookie", "a=1"],
    ["x", "1"],
    ["Set-Cookie", "b=2"],
    ["A", "0"],
    ["x", "2"],
    ["set-cookie2", "z"],
  ]);
  assert_array_equals(headers.getSetCookie(), ["a=1", "b=2"]);
  assert_equals(headers.get("set-cookie"), "a=1, b=2");
  assert_array_equals(
    [...headers].map((pair) => pair.join("=")),
    ["a=0", "set-cookie=a=1", "set-cookie=b=2", "set-cookie2=z", "x=1, 2"],
  );
  headers.set("set-cookie", "c=3");
  assert_array_equals(headers.getSetCookie(), ["c=3"]);
  headers.delete("Set-Cookie");
  assert_array_equals(headers.getSetCookie(), []);
}, "cookies stay apart");

test(() => {
  const headers = new Headers([
    ["c", "3"],
    ["a", "1"],
    ["b", "2"],
  ]);
  const seen = [];
  for (const [name] of headers) {
    seen.push(name);
    headers.delete(name);
  }
  assert_array_equals(seen, ["a", "c"]);
  assert_array_equals([...headers.keys()], ["b"]);
}, "iteration counts from the start of what is there: what was deleted makes it skip");

test(() => {
  const headers = new Headers([["b", "1"]]);
  const seen = [];
  for (const [name, value] of headers) {
    seen.push(`${name}=${value}`);
    if (name === "b") headers.append("c", "2");
    if (name === "c" && !headers.has("a")) headers.append("a", "0");
  }
  assert_array_equals(seen, ["b=1", "c=2", "c=2"]);
}, "iteration sees what is added");

test(() => {
  const headers = new Headers([
    ["b", "1"],
    ["a", "2"],
  ]);
  const seen = [];
  const receiver = {};
  headers.forEach(function (value, name, owner) {
    seen.push([this === receiver, value, name, owner === headers].join());
    if (name === "a") headers.delete("b");
  }, receiver);
  assert_array_equals(seen, ["true,2,a,true"]);
  assert_throws_js(TypeError, () => headers.forEach("x"));
  assert_throws_js(TypeError, () => headers.forEach({}));
}, "forEach is as live as iteration");

test(() => {
  const iterator = new Headers({ a: "1" }).entries();
  const prototype = Object.getPrototypeOf(iterator);
  assert_equals(Object.getPrototypeOf(prototype), Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]())));
  assert_equals(Object.prototype.toString.call(iterator), "[object Headers Iterator]");
  const next = Object.getOwnPropertyDescriptor(prototype, "next");
  assert_true(next.enumerable && next.writable && next.configurable);
  assert_equals(next.value.length, 0);
  assert_throws_js(TypeError, () => next.value.call({}));
  assert_equals(iterator[Symbol.iterator](), iterator);
  assert_equals(Object.hasOwn(prototype, "constructor"), false);
  assert_object_equals(iterator.next(), { value: ["a", "1"], done: false });
  assert_object_equals(iterator.next(), { value: undefined, done: true });
  assert_array_equals([...new Headers({ a: "1", b: "2" }).values()], ["1", "2"]);
}, "its iterators are the language's");

test(() => {
  assert_throws_js(TypeError, () => Response.error().headers.append("a", "1"));
  const { headers } = Response.redirect("https://a.example/");
  for (const change of [() => headers.append("a", "1"), () => headers.set("a", "1"), () => headers.delete("location")])
    assert_throws_js(TypeError, change);
  const copy = new Headers(headers);
  copy.set("location", "x");
  assert_equals(copy.get("location"), "x");
}, "headers of a redirect and of a network error cannot be changed, their copies can");

test(() => {
  const headers = new Headers();
  for (const name of [
    "Cookie",
    "Host",
    "Origin",
    "Referer",
    "Set-Cookie",
    "Sec-Fetch-Mode",
    "Accept-Encoding",
    "Connection",
  ])
    headers.set(name, "x");
  const request = new Request("https://a.example/", { headers });
  for (const [name] of headers) assert_equals(request.headers.get(name), "x", name);
}, "a function is a server: no name is forbidden");
