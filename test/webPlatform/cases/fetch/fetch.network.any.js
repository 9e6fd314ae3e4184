const { ORIGIN } = env;
const READERS = ["arrayBuffer", "blob", "bytes", "formData", "json", "text"];
const streamOf = (...chunks) => ReadableStream.from(chunks.map((chunk) => new TextEncoder().encode(chunk)));

promise_test(async () => {
  const response = await fetch(`${ORIGIN}/path?a#fragment`);
  assert_equals(response.status, 200);
  assert_equals(response.type, "basic");
  assert_equals(response.url, `${ORIGIN}/path?a`);
  assert_false(response.redirected);
  assert_equals(response.headers.get("x-length"), "none");
  assert_equals(await response.text(), "");
}, "an answer");

for (const [what, body, type, length, text] of [
  ["text", "é", "text/plain;charset=UTF-8", "2", "é"],
  ["a Blob", new Blob(["x"], { type: "a/b" }), "a/b", "1", "x"],
  ["URLSearchParams", new URLSearchParams("a=1"), "application/x-www-form-urlencoded;charset=UTF-8", "3", "a=1"],
  ["bytes", new Uint8Array([65]), "none", "1", "A"],
  ["empty text", "", "text/plain;charset=UTF-8", "0", ""],
  ["nothing", null, "none", "0", ""],
  ["a stream", streamOf("ab", "cd"), "none", "none", "abcd"],
]) {
  promise_test(async () => {
    const response = await fetch(ORIGIN, { method: "POST", body, duplex: "half" });
    assert_equals(response.headers.get("x-type"), type);
    assert_equals(response.headers.get("x-length"), length);
    assert_equals(await response.text(), text);
  }, `a body of ${what}`);
}

promise_test(async () => {
  const response = await fetch(`${ORIGIN}/headers`);
  assert_equals(response.headers.get("x-a"), "1, 2");
  assert_array_equals(response.headers.getSetCookie(), ["b=1", "c=2"]);
  for (const method of ["set", "append"]) assert_throws_js(TypeError, () => response.headers[method]("x-a", "3"));
}, "headers of an answer");

for (const [code, method, followed] of [
  [301, "POST", "GET"],
  [302, "POST", "GET"],
  [303, "POST", "GET"],
  [303, "PUT", "GET"],
  [303, "HEAD", "HEAD"],
  [301, "PUT", "PUT"],
  [307, "POST", "POST"],
  [308, "PUT", "PUT"],
]) {
  promise_test(async () => {
    const body = method === "HEAD" ? undefined : "body";
    const response = await fetch(`${ORIGIN}/redirect?code=${code}&to=/to`, { method, body });
    assert_true(response.redirected);
    assert_equals(response.url, `${ORIGIN}/to`);
    assert_equals(response.headers.get("x-method"), followed);
    assert_equals(response.headers.get("x-type"), followed === method && body ? "text/plain;charset=UTF-8" : "none");
  }, `${code} of ${method} is followed by ${followed}`);
}

promise_test(async (t) => {
  const to = (url) => `${ORIGIN}/redirect?to=${encodeURIComponent(url)}`;
  await promise_rejects_js(t, TypeError, fetch(to("/to"), { redirect: "error" }));
  for (const url of ["data:,x", "ftp://a.example/", "http://["])
    await promise_rejects_js(t, TypeError, fetch(to(url)), url);
  assert_equals((await fetch(`${to("/to#new")}#old`)).url, `${ORIGIN}/to`);
  const moved = `${ORIGIN}/redirect?code=307&to=/to`;
  await promise_rejects_js(t, TypeError, fetch(moved, { method: "POST", body: streamOf("x"), duplex: "half" }));
  const seen = await fetch(`${ORIGIN}/redirect?code=303&to=/to`, {
    method: "POST",
    body: streamOf("x"),
    duplex: "half",
  });
  assert_equals(seen.headers.get("x-method"), "GET");
}, "redirects that are not followed, and a stream that cannot be sent again");

promise_test(async (t) => {
  for (const chunk of ["text", null, 33, {}]) {
    const body = ReadableStream.from([chunk]);
    await promise_rejects_js(t, TypeError, fetch(ORIGIN, { method: "POST", body, duplex: "half" }));
  }
}, "a stream that gives no bytes");

promise_test(async () => {
  const order = [];
  await Promise.all([
    fetch(ORIGIN, { signal: AbortSignal.abort() }).catch(() => order.push("fetch")),
    Promise.resolve().then(() => order.push("next")),
  ]);
  assert_array_equals(order, ["fetch", "next"]);
}, "a signal that was aborted before: rejected at once");

promise_test(async () => {
  const request = new Request(ORIGIN, { method: "POST", body: "x", signal: AbortSignal.abort() });
  await fetch(request).catch(() => {});
  assert_true(request.bodyUsed);
  let cancelled;
  const body = new ReadableStream({
    cancel(reason) {
      cancelled = reason;
    },
  });
  const failed = fetch(ORIGIN, { method: "POST", body, duplex: "half", signal: AbortSignal.abort() });
  assert_equals(cancelled.name, "AbortError");
  assert_equals(await failed.catch((error) => error), cancelled);
}, "a signal that was aborted before: the body is cancelled at once");

for (const reader of READERS) {
  promise_test(async (t) => {
    for (const path of ["/", "/endless"]) {
      const controller = new AbortController();
      const response = await fetch(ORIGIN + path, { method: "POST", body: "whole", signal: controller.signal });
      controller.abort();
      const read = response[reader]();
      const order = [];
      await Promise.all([read.catch(() => order.push(reader)), Promise.resolve().then(() => order.push("next"))]);
      await promise_rejects_dom(t, "AbortError", read, path);
      assert_array_equals(order, [reader, "next"]);
    }
  }, `${reader}: aborted before it is read`);

  promise_test(async (t) => {
    const controller = new AbortController();
    const response = await fetch(`${ORIGIN}/endless`, { signal: controller.signal });
    const read = response[reader]();
    controller.abort();
    await promise_rejects_dom(t, "AbortError", read);
  }, `${reader}: aborted while it is read`);
}

promise_test(async (t) => {
  const controller = new AbortController();
  const response = await fetch(`${ORIGIN}/endless`, { signal: controller.signal });
  const reader = response.body.getReader();
  await reader.read();
  controller.abort();
  await promise_rejects_dom(t, "AbortError", reader.read());
  await promise_rejects_dom(t, "AbortError", reader.closed);
}, "a stream that is read is aborted");

promise_test(async (t) => {
  for (const path of ["/", "/endless"]) {
    const controller = new AbortController();
    const response = await fetch(ORIGIN + path, { method: "POST", body: "whole", signal: controller.signal });
    const [before, stream] = [response.clone(), path === "/" ? response.clone().body : undefined];
    controller.abort("why");
    const after = response.clone();
    for (const one of [response, before, after]) await promise_rejects_exactly(t, "why", one.text(), path);
    if (stream !== undefined) await promise_rejects_exactly(t, "why", stream.getReader().read());
  }
}, "clones are aborted as well");

promise_test(async () => {
  const controller = new AbortController();
  const empty = await fetch(ORIGIN, { signal: controller.signal });
  const read = await fetch(ORIGIN, { method: "POST", body: "x", signal: controller.signal });
  assert_equals(await read.text(), "x");
  controller.abort();
  assert_equals(await empty.text(), "");
  assert_true(read.bodyUsed);
}, "what is over is not aborted");
