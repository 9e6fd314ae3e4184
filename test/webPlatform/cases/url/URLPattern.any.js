// META: resource=resources/urlpatterntestdata.json

idl_test(`
[Exposed=(Window,Worker)]
interface URLPattern {
  constructor(URLPatternInput input, USVString baseURL, optional URLPatternOptions options = {});
  constructor(optional URLPatternInput input = {}, optional URLPatternOptions options = {});

  boolean test(optional URLPatternInput input = {}, optional USVString baseURL);

  URLPatternResult? exec(optional URLPatternInput input = {}, optional USVString baseURL);

  readonly attribute USVString protocol;
  readonly attribute USVString username;
  readonly attribute USVString password;
  readonly attribute USVString hostname;
  readonly attribute USVString port;
  readonly attribute USVString pathname;
  readonly attribute USVString search;
  readonly attribute USVString hash;

  readonly attribute boolean hasRegExpGroups;
};`);

const COMPONENTS = ["protocol", "username", "password", "hostname", "port", "pathname", "search", "hash"];
const EARLIER = {
  protocol: [],
  username: [],
  password: [],
  hostname: ["protocol"],
  port: ["protocol", "hostname"],
  pathname: ["protocol", "hostname", "port"],
  search: ["protocol", "hostname", "port", "pathname"],
  hash: ["protocol", "hostname", "port", "pathname", "search"],
};

/** What the table leaves out: the text that a component's pattern most likely has. */
function likelyText({ pattern, exactly_empty_components = [] }, component) {
  const [first, second] = pattern;
  const isInit = typeof first === "object" && first !== null;
  const base = isInit && first.baseURL ? first.baseURL : typeof second === "string" ? second : undefined;
  if (exactly_empty_components.includes(component)) return "";
  if (isInit && first[component]) return first[component];
  if (isInit && EARLIER[component].some((name) => name in first)) return "*";
  if (base === undefined || component === "username" || component === "password") return "*";
  const value = new URL(base)[component];
  if (component === "protocol") return value.slice(0, -1);
  return component === "search" || component === "hash" ? value.slice(1) : value;
}

const table = await (await fetch("resources/urlpatterntestdata.json")).json();
for (const entry of table) {
  const { pattern, inputs = [], expected_obj, expected_match, exactly_empty_components = [] } = entry;
  test(
    () => {
      if (expected_obj === "error") {
        assert_throws_js(TypeError, () => new URLPattern(...pattern));
        return;
      }
      const compiled = new URLPattern(...pattern);
      for (const component of COMPONENTS) {
        assert_equals(compiled[component], expected_obj?.[component] ?? likelyText(entry, component), component);
      }
      if (expected_match === "error") {
        assert_throws_js(TypeError, () => compiled.test(...inputs));
        assert_throws_js(TypeError, () => compiled.exec(...inputs));
        return;
      }
      assert_equals(compiled.test(...inputs), Boolean(expected_match));
      const result = compiled.exec(...inputs);
      if (!expected_match) {
        assert_equals(result, expected_match ?? null);
        return;
      }
      assert_object_equals(result.inputs, expected_match.inputs ?? inputs, "inputs");
      for (const component of COMPONENTS) {
        const empty = { input: "", groups: exactly_empty_components.includes(component) ? {} : { 0: "" } };
        const { input, groups } = expected_match[component] ?? empty;
        assert_equals(result[component].input, input, `input of ${component}`);
        for (const [name, value] of Object.entries(groups))
          assert_equals(result[component].groups[name], value ?? undefined, `${component} ${name}`);
        assert_equals(
          Object.keys(result[component].groups).length,
          Object.keys(groups).length,
          `groups of ${component}`,
        );
      }
    },
    `pattern ${JSON.stringify(pattern)} for ${JSON.stringify(inputs)}`,
  );
}

test(() => {
  assert_true(new URLPattern({ pathname: "/:id(\\d+)" }).hasRegExpGroups);
  assert_false(new URLPattern({ pathname: "/:id/*" }).hasRegExpGroups);
  assert_true(new URLPattern({ pathname: "/A" }, { ignoreCase: true }).test({ pathname: "/a" }));
  assert_true(new URLPattern("https://a.example/A", { ignoreCase: true }).test("https://a.example/a"));
  assert_true(new URLPattern("/A", "https://a.example", { ignoreCase: true }).test("https://a.example/a"));
  assert_throws_js(TypeError, () => new URLPattern("/A"));
  assert_throws_js(TypeError, () => new URLPattern({}, "https://a.example"));
  assert_throws_js(TypeError, () => new URLPattern({}, 5));
}, "options, bases and groups");
