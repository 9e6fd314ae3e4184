idl_test(`
[Exposed=*]
interface URLSearchParams {
  constructor(optional (sequence<sequence<USVString>> or record<USVString, USVString> or USVString) init = "");

  readonly attribute unsigned long size;

  undefined append(USVString name, USVString value);
  undefined delete(USVString name, optional USVString value);
  USVString? get(USVString name);
  sequence<USVString> getAll(USVString name);
  boolean has(USVString name, optional USVString value);
  undefined set(USVString name, USVString value);

  undefined sort();

  iterable<USVString, USVString>;
  stringifier;
};`);

const PARSED = [
  [
    "a=b&c=d",
    [
      ["a", "b"],
      ["c", "d"],
    ],
  ],
  ["?a=b", [["a", "b"]]],
  ["??a=b", [["?a", "b"]]],
  ["a=b=c", [["a", "b=c"]]],
  [
    "&&a&&=&=x&",
    [
      ["a", ""],
      ["", ""],
      ["", "x"],
    ],
  ],
  ["a+b=c+d", [["a b", "c d"]]],
  ["a%20b=%2B", [["a b", "+"]]],
  ["%C3%A4=%F0%9F%92%A9", [["ä", "💩"]]],
  ["a=%", [["a", "%"]]],
  ["a=%g1%4", [["a", "%g1%4"]]],
  ["a=%ff%fe", [["a", "\ufffd\ufffd"]]],
  ["a=b%00c", [["a", "b\0c"]]],
  ["%EF%BB%BFtest=%EF%BB%BF", [["\ufefftest", "\ufeff"]]],
  ["a=\ud800", [["a", "\ufffd"]]],
  ["", []],
];
for (const [text, pairs] of PARSED) {
  test(
    () => {
      const params = new URLSearchParams(text);
      assert_equals(JSON.stringify([...params]), JSON.stringify(pairs));
      assert_equals(params.size, pairs.length);
    },
    `parses ${JSON.stringify(text)}`,
  );
}

const SERIALISED = [
  [[["a", "b c"]], "a=b+c"],
  [[["a", "*-._~!'()"]], "a=*-._%7E%21%27%28%29"],
  [[["ä", "💩"]], "%C3%A4=%F0%9F%92%A9"],
  [
    [
      ["", ""],
      ["b", ""],
    ],
    "=&b=",
  ],
  [[["a", "b\0c%&=+"]], "a=b%00c%25%26%3D%2B"],
  [[["a", "\ud83d"]], "a=%EF%BF%BD"],
];
for (const [pairs, text] of SERIALISED) {
  test(() => assert_equals(new URLSearchParams(pairs).toString(), text), `serialises ${text}`);
}

test(() => {
  assert_equals(`${new URLSearchParams({ a: 1, b: null })}`, "a=1&b=null");
  assert_equals(`${new URLSearchParams(new URLSearchParams("a=1&a=2"))}`, "a=1&a=2");
  assert_equals(`${new URLSearchParams(undefined)}`, "");
  assert_equals(`${new URLSearchParams(null)}`, "null=");
  assert_equals(`${new URLSearchParams(5)}`, "5=");
  assert_equals(`${new URLSearchParams(new Map([["a", "1"]]))}`, "a=1");
  assert_equals(`${new URLSearchParams([new Set(["a", "1"])])}`, "a=1");
  assert_equals(`${new URLSearchParams([["x", "1"]].values())}`, "x=1");
  assert_equals(
    `${new URLSearchParams({ "\ud835x": "1", xx: "2", "\ud83dxx": "3" })}`,
    "%EF%BF%BDx=1&xx=2&%EF%BF%BDxx=3",
  );
  assert_throws_js(TypeError, () => new URLSearchParams([["a"]]));
  assert_throws_js(TypeError, () => new URLSearchParams([["a", "b", "c"]]));
  assert_throws_js(TypeError, () => new URLSearchParams([1]));
  assert_throws_js(TypeError, () => new URLSearchParams({ [Symbol.iterator]: 1 }));
}, "the constructor takes sequences, records and strings");

test(() => {
  const params = new URLSearchParams({ "\ud800": "1", "\ud801": "2" });
  assert_equals(`${params}`, "%EF%BF%BD=2");
}, "names of a record that become the same keep the last value");

test(() => {
  const seen = [];
  const hidden = new Proxy(
    { a: "1", [Symbol("s")]: "no" },
    {
      ownKeys: (target) => (seen.push("ownKeys"), Reflect.ownKeys(target).filter((key) => typeof key === "string")),
      getOwnPropertyDescriptor: (target, key) => (
        seen.push(`descriptor ${key}`), Reflect.getOwnPropertyDescriptor(target, key)
      ),
      get: (target, key) => (typeof key === "string" && seen.push(`get ${key}`), target[key]),
    },
  );
  assert_equals(`${new URLSearchParams(hidden)}`, "a=1");
  assert_array_equals(seen, ["ownKeys", "descriptor a", "get a"]);
  const params = new URLSearchParams(Object.defineProperty({ a: "1" }, "b", { value: "2", enumerable: false }));
  assert_equals(`${params}`, "a=1");
}, "records are read in the order of WebIDL");

test(() => {
  const params = new URLSearchParams("a=1&b=2&a=3&a=1");
  assert_true(params.has("a", "3"));
  assert_false(params.has("a", "4"));
  assert_true(params.has("b", undefined));
  params.delete("a", "1");
  assert_equals(`${params}`, "b=2&a=3");
  params.delete("b", undefined);
  assert_equals(`${params}`, "a=3");
  assert_equals(params.size, 1);
}, "has and delete take a value");

test(() => {
  const params = new URLSearchParams("a=1&b=2&a=3");
  params.set("a", "4");
  params.set("c", "5");
  assert_equals(`${params}`, "a=4&b=2&c=5");
  assert_equals(params.get("x"), null);
  assert_array_equals(params.getAll("a"), ["4"]);
  assert_array_equals(params.getAll("x"), []);
}, "set, get and getAll");

test(() => {
  const sorted = (text) => {
    const params = new URLSearchParams(text);
    params.sort();
    return JSON.stringify([...params]);
  };
  assert_equals(sorted("z=b&a=b&z=a&a=a"), '[["a","b"],["a","a"],["z","b"],["z","a"]]');
  assert_equals(sorted("\ufffd=x&\ufffc&\ufffd=a"), '[["\ufffc",""],["\ufffd","x"],["\ufffd","a"]]');
  assert_equals(sorted("ﬃ&🌈"), '[["🌈",""],["ﬃ",""]]');
}, "sort is stable and goes by code units");

test(() => {
  const url = new URL("http://a.example/?a=1&b=2&c=3");
  const seen = [];
  for (const [name] of url.searchParams) {
    seen.push(name);
    url.searchParams.delete(name);
  }
  assert_array_equals(seen, ["a", "c"]);
  assert_equals(url.search, "?b=2");
}, "iterators are live");

test(() => {
  const params = new URLSearchParams("a=1");
  const iterator = params.entries();
  const prototype = Object.getPrototypeOf(iterator);
  assert_equals(Object.getPrototypeOf(prototype), Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]())));
  assert_class_string(iterator, "URLSearchParams Iterator");
  assert_equals(iterator.next.length, 0);
  assert_true(Object.getOwnPropertyDescriptor(prototype, "next").enumerable);
  assert_equals(JSON.stringify(iterator.next()), '{"value":["a","1"],"done":false}');
  assert_equals(JSON.stringify(iterator.next()), '{"done":true}');
  assert_throws_js(TypeError, () => prototype.next.call({}));
  assert_equals(prototype.next.call(params.keys()).value, "a");
}, "its iterators are what WebIDL says");

test(() => {
  const params = new URLSearchParams("a=1&b=2");
  const seen = [];
  const self = {};
  params.forEach(function (value, name, owner) {
    seen.push(name, value, owner === params, this === self);
  }, self);
  assert_array_equals(seen, ["a", "1", true, true, "b", "2", true, true]);
  assert_throws_js(TypeError, () => params.forEach({}));
}, "forEach");

test(() => {
  const params = new URLSearchParams("a=1");
  for (const call of [
    () => params.append("x"),
    () => params.set("x"),
    () => params.get(),
    () => params.has(),
    () => params.delete(),
    () => params.getAll(),
  ]) {
    assert_throws_js(TypeError, call);
  }
}, "too few arguments are refused");
