test(() => {
  const descriptor = Object.getOwnPropertyDescriptor(globalThis, "fetch");
  assert_true(descriptor.writable && descriptor.configurable);
  assert_equals(self.fetch.length, 1);
  assert_equals(self.fetch.name, "fetch");
  assert_false(Object.hasOwn(self.fetch, "prototype"));
}, "the global");

promise_test(async (t) => {
  for (const args of [
    [],
    ["/x"],
    ["https://u:p@a.example/"],
    ["https://a.example/", 1],
    ["https://a.example/", { method: "TRACE" }],
    ["https://a.example/", { body: "x" }],
    ["https://a.example/", { signal: 1 }],
  ])
    await promise_rejects_js(t, TypeError, fetch(...args), JSON.stringify(args));
  const error = new RangeError("own");
  await promise_rejects_exactly(
    t,
    error,
    fetch({
      toString() {
        throw error;
      },
    }),
  );
}, "what Request throws, fetch rejects with");

promise_test(async (t) => {
  for (const url of [
    "blob:https://a.example/1",
    "about:blank",
    "file:///etc/passwd",
    "ftp://a.example/",
    "x-own:1",
    "javascript:1",
  ])
    await promise_rejects_js(t, TypeError, fetch(url), url);
}, "schemes without a network");

promise_test(async (t) => {
  const reason = { own: true };
  await promise_rejects_exactly(t, reason, fetch("https://a.example/", { signal: AbortSignal.abort(reason) }));
  await promise_rejects_dom(t, "AbortError", fetch("data:,x", { signal: AbortSignal.abort() }));
  await promise_rejects_exactly(
    t,
    reason,
    fetch(new Request("https://a.example/", { signal: AbortSignal.abort(reason) })),
  );
  let cancelled;
  const body = new ReadableStream({
    cancel(why) {
      cancelled = why;
    },
  });
  await promise_rejects_exactly(
    t,
    reason,
    fetch("https://a.example/", { method: "POST", body, duplex: "half", signal: AbortSignal.abort(reason) }),
  );
  assert_equals(cancelled, reason);
}, "a signal that has aborted before");

promise_test(async (t) => {
  const controller = new AbortController();
  const promise = fetch(new Request("https://192.0.2.1/", { signal: controller.signal }));
  controller.abort("gone");
  await promise_rejects_exactly(t, "gone", promise);
}, "a signal that aborts later");

const DATA = [
  ["data:,", "text/plain;charset=US-ASCII", ""],
  ["data:,a%20b+c", "text/plain;charset=US-ASCII", "a b+c"],
  ["data:text/html,<p>", "text/html", "<p>"],
  ["data:text/HTML;Charset=UTF-8,%C3%A9", "text/html;charset=UTF-8", "é"],
  ["data:;charset=x,y", "text/plain;charset=x", "y"],
  ["data:x,y", "text/plain;charset=US-ASCII", "y"],
  ["data:;base64,YQ==", "text/plain;charset=US-ASCII", "a"],
  ["data:a/b;base64,Y W%4A%20j", "a/b", "abc"],
  ["data:a/b; BASE64 ,YQ", "a/b", "a"],
  ["data:a/b;base64;x=1,YQ", "a/b;x=1", "YQ"],
  ["data:,%", "text/plain;charset=US-ASCII", "%"],
  ["data:,%G1%1", "text/plain;charset=US-ASCII", "%G1%1"],
  ["data:,a?b,c#d", "text/plain;charset=US-ASCII", "a?b,c"],
];
for (const [url, type, text] of DATA) {
  promise_test(async () => {
    const response = await fetch(url);
    assert_equals(await response.text(), text);
    assert_equals(response.headers.get("content-type"), type);
    assert_equals(response.status, 200);
    assert_equals(response.statusText, "OK");
    assert_equals(response.type, "basic");
    assert_equals(response.url, new URL(url).href.split("#")[0]);
    assert_false(response.redirected);
  }, `gives ${url}`);
}

promise_test(async (t) => {
  for (const url of ["data:", "data:text/plain", "data:x/y;base64", "data:;base64,a", "data:;base64,***"])
    await promise_rejects_js(t, TypeError, fetch(url), url);
  assert_equals((await fetch("data:,x", { method: "HEAD" })).body, null);
  const { headers } = await fetch("data:,x");
  assert_throws_js(TypeError, () => headers.set("a", "b"));
}, "what is no data: URL is a network error; headers of what was fetched cannot be changed");

promise_test(async (t) => {
  const good = "sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=";
  const bad = "sha256-AAAAv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=";
  for (const integrity of [
    good,
    `${bad} ${good}`,
    good.replaceAll("+", "-").replaceAll("/", "_"),
    `${good}?opt`,
    "md5-x",
    "",
    "sha1-x",
  ])
    assert_equals(await (await fetch("data:,abc", { integrity })).text(), "abc", integrity);
  for (const integrity of [bad, `${good} sha512-AAAA`, ` ${bad}\n`])
    await promise_rejects_js(t, TypeError, fetch("data:,abc", { integrity }), integrity);
}, "integrity is checked");
