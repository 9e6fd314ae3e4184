// META: resource=resources/urltestdata.json
// META: resource=resources/setters_tests.json
// META: resource=resources/percent-encoding.json

const PARTS = ["href", "protocol", "username", "password", "host", "hostname", "port", "pathname", "search", "hash"];
const rows = async (name) =>
  (await (await fetch(`resources/${name}.json`)).json()).filter((row) => typeof row === "object");

for (const { input, base, failure, origin, relativeTo, ...expected } of await rows("urltestdata")) {
  const title = `parses <${input}> against ${base === null || base === undefined ? "nothing" : `<${base}>`}`;
  const parse = () => (base === null || base === undefined ? new URL(input) : new URL(input, base));
  const given = base === null || base === undefined ? [input] : [input, base];
  if (failure) {
    test(() => {
      assert_throws_js(TypeError, parse);
      assert_false(URL.canParse(...given));
      assert_equals(URL.parse(...given), null);
      if (base !== null && base !== undefined) return;
      assert_throws_js(TypeError, () => {
        new URL("about:blank").href = input;
      });
    }, title);
    continue;
  }
  test(() => {
    const url = parse();
    for (const part of PARTS) assert_equals(url[part], expected[part], part);
    if (origin !== undefined) assert_equals(url.origin, origin, "origin");
    if (expected.searchParams !== undefined) assert_equals(url.searchParams.toString(), expected.searchParams);
    assert_true(URL.canParse(...given));
    assert_equals(URL.parse(...given).href, expected.href);
    assert_equals(new URL(url.href).href, expected.href, "parsed again");
  }, title);
}

const setters = await (await fetch("resources/setters_tests.json")).json();
delete setters.comment;
for (const [attribute, cases] of Object.entries(setters)) {
  for (const { href, new_value, expected } of cases) {
    test(
      () => {
        const url = new URL(href);
        url[attribute] = new_value;
        for (const [part, value] of Object.entries(expected)) assert_equals(url[part], value, part);
      },
      `sets ${attribute} of <${href}> to ${JSON.stringify(new_value)}`,
    );
  }
}

for (const { input, output } of await rows("percent-encoding")) {
  test(
    () => {
      const url = new URL(`http://does-not-matter.invalid/?${input}#${input}`);
      assert_equals(url.search, `?${output["utf-8"]}`);
      assert_equals(url.hash, `#${output["utf-8"]}`);
    },
    `percent-encodes ${JSON.stringify(input)}`,
  );
}
