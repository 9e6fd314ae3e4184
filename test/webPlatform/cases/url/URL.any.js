idl_test(`
[Exposed=*,
 LegacyWindowAlias=webkitURL]
interface URL {
  constructor(USVString url, optional USVString base);

  static URL? parse(USVString url, optional USVString base);
  static boolean canParse(USVString url, optional USVString base);

  stringifier attribute USVString href;
  readonly attribute USVString origin;
           attribute USVString protocol;
           attribute USVString username;
           attribute USVString password;
           attribute USVString host;
           attribute USVString hostname;
           attribute USVString port;
           attribute USVString pathname;
           attribute USVString search;
  [SameObject] readonly attribute URLSearchParams searchParams;
           attribute USVString hash;

  USVString toJSON();
};`);

test(() => {
  const url = new URL("https://a.example/?x=1");
  assert_equals(url.searchParams, url.searchParams);
  url.searchParams.append("y", "ä b");
  assert_equals(url.href, "https://a.example/?x=1&y=%C3%A4+b");
  url.search = "?z=2";
  assert_array_equals([...url.searchParams.keys()], ["z"]);
  url.href = "https://b.example/?q=3";
  assert_equals(url.searchParams.get("q"), "3");
  url.searchParams.delete("q");
  assert_equals(url.href, "https://b.example/");
}, "searchParams is one object and follows the query both ways");

test(() => {
  const url = new URL("data:space    ?test");
  url.searchParams.delete("test");
  assert_equals(url.href, "data:space   %20");
}, "an opaque path keeps its last space encoded when the query goes");

test(() => {
  assert_equals(JSON.stringify({ url: new URL("https://a.example/x y") }), '{"url":"https://a.example/x%20y"}');
  assert_equals(`${new URL("https://a.example")}`, "https://a.example/");
}, "toJSON and the stringifier give href");

test(() => {
  assert_equals(new URL("x", { toString: () => "https://a.example/y/" }).href, "https://a.example/y/x");
  assert_equals(new URL("https://a.example/\ud800").pathname, "/%EF%BF%BD");
  assert_throws_js(TypeError, () => new URL(Symbol("x")));
  assert_throws_js(TypeError, () => URL.parse());
  assert_throws_js(TypeError, () => URL.canParse());
  assert_throws_js(TypeError, () => new URL("x", undefined));
  assert_equals(new URL("https://a.example", undefined).href, "https://a.example/");
}, "arguments are converted as USVStrings");

test(() => {
  class Own extends URL {}
  const url = new Own("https://a.example");
  assert_true(url instanceof Own && url instanceof URL);
  assert_equals(url.host, "a.example");
  assert_equals(Object.getPrototypeOf(URL.parse.call(Own, "https://a.example")), URL.prototype);
}, "can be subclassed");

test(() => {
  const order = [];
  const arg = (name, value) => ({ toString: () => (order.push(name), value) });
  new URL(arg("url", "x"), arg("base", "https://a.example"));
  assert_array_equals(order, ["url", "base"]);
}, "arguments are converted in their order");

test(() => {
  const url = new URL("https://a.example/");
  assert_throws_js(TypeError, () => {
    url.href = "no url";
  });
  assert_equals(url.href, "https://a.example/");
  assert_throws_js(TypeError, () => {
    url.origin = "x";
  });
}, "a href that fails to parse throws and changes nothing");

test(() => {
  assert_equals(new URL(`https://${"ä.".repeat(400)}de`).hostname, `${"xn--4ca.".repeat(400)}de`);
  assert_equals(new URL(`https://${"a.".repeat(4_000)}de`).hostname.length, 8_002);
  assert_false(URL.canParse(`https://${"ä".repeat(1_025)}.de`));
}, "long domains");

test(() => {
  const spaces = " ".repeat(1_000_000);
  assert_equals(new URL(`${spaces}https://a.example/x${spaces}y${spaces}`).pathname.length, 3_000_003);
  assert_throws_js(RangeError, () => new TextDecoder(`x${spaces}x`));
}, "spaces cost no more than their number");
