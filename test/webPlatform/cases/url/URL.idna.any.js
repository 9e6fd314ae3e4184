// META: resource=resources/toascii.json
// META: resource=resources/IdnaTestV2.json
// META: timeout=long

for (const name of ["toascii", "IdnaTestV2"]) {
  const rows = (await (await fetch(`resources/${name}.json`)).json()).filter((row) => typeof row === "object");
  for (const { input, output } of rows) {
    // No URL has an empty host of its own: what follows becomes it.
    if (input === "") continue;
    // A string with half a surrogate pair has no URL of its own.
    const encoded = encodeURIComponent(input.toWellFormed());
    test(
      () => {
        const text = `https://${encoded}/x`;
        if (output === null) {
          assert_throws_js(TypeError, () => new URL(text));
          assert_throws_js(TypeError, () => new URL(`https://${input}/x`));
          return;
        }
        for (const url of [new URL(text), new URL(`https://${input}/x`)]) {
          assert_equals(url.host, output);
          assert_equals(url.hostname, output);
          assert_equals(url.pathname, "/x");
          assert_equals(url.href, `https://${output}/x`);
        }
        const { host, hostname } = new URL("https://x/x");
        assert_equals(host + hostname, "xx");
        for (const attribute of ["host", "hostname"]) {
          const url = new URL("https://x/x");
          url[attribute] = input;
          assert_equals(url[attribute], output, attribute);
        }
      },
      `${name}: ${JSON.stringify(input)}`,
    );
  }
}
