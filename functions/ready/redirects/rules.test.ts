import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Redirects } from "./rules.ts";

const redirects = new Redirects(`
# a comment
/a            /b
/a/*          /c/:splat         302
/a/deep/*     https://x.example/:splat?from=deep 308
/root/*       /:splat
/café         /coffee#menu
/query        /found?own=1
/gone         -                 410
`);

for (const [path, location, status] of [
  ["/a", "/b", 301],
  ["/a/", "/b", 301],
  ["/a/x/y", "/c/x/y", 302],
  ["/a/x/", "/c/x/", 302],
  ["/a/deep", "https://x.example/?from=deep", 308],
  ["/a/deep/x", "https://x.example/x?from=deep", 308],
  ["/caf%C3%A9", "/coffee#menu", 301],
  ["/gone", "", 410],
] as const) {
  test(`${path} leads to ${location || "nothing"}`, () =>
    assert.deepEqual(redirects.find(path, ""), { status, location }));
}

test("what is not in the map leads nowhere", () => {
  for (const path of ["/", "/ab", "/b", "/gone/x", "/A", "/__proto__", "/constructor"])
    assert.equal(redirects.find(path, ""), undefined, path);
});

test("the query goes on where the target has none of its own", () => {
  assert.equal(redirects.find("/a", "?x=1")?.location, "/b?x=1");
  assert.equal(redirects.find("/query", "?x=1")?.location, "/found?own=1");
  assert.equal(redirects.find("/caf%C3%A9", "?x=1")?.location, "/coffee?x=1#menu");
});

test("no path leads to a host that the map does not name", () => {
  const part = fc.constantFrom("/", "\\", "evil.test", "%2f", ":", "@", ".", "..", "?", "#", "x");
  fc.assert(
    fc.property(fc.array(part), (parts) => {
      for (const prefix of ["/root/", "/a/", "/a/deep/"]) {
        const url = new URL(prefix + parts.join(""), "https://edge.test");
        const found = redirects.find(url.pathname, url.search);
        if (found === undefined) continue;
        assert.ok(
          ["edge.test", "x.example"].includes(new URL(found.location, "https://edge.test").host),
          found.location,
        );
      }
    }),
  );
});

for (const [line, says] of [
  ["/a", /is not `from to status`/],
  ["/a /b 301 x", /is not `from to status`/],
  ["a /b", /`from` is no path/],
  ["/a*b /b", /`from` is no path/],
  ["/a /b 200", /the status is none of/],
  ["/a /b/:splat", /has none/],
  ["/a //evil.test", /the target is neither/],
  ["/a javascript:alert(1)", /the target is neither/],
  ["/a/* https://x.example:splat", /the target is neither/],
  ["/a/* https://:splat/", /the target is neither/],
  ["/a /b 410", /write -/],
  ["/a /b\n/a/ /c", /line 2: the path is in the map already/],
  ["/a /b\n/b /c\n/c /a", /leads back to itself/],
  ["/a /a?x=1", /leads back to itself/],
] as const) {
  test(`refuses ${JSON.stringify(line)}`, () => assert.throws(() => new Redirects(line), says));
}

test("tells at most twenty wrong lines", () => {
  assert.throws(() => new Redirects("x\n".repeat(1_000)), { message: /line 20:[^\n]*\nand 980 more$/ });
});

test("ten thousand redirects, and a path of ten thousand parts", () => {
  const many = new Redirects(Array.from({ length: 10_000 }, (_, n) => `/from/${n} /to/${n}`).join("\n"));
  assert.equal(many.find("/from/9999", "")?.location, "/to/9999");
  assert.equal(redirects.find(`/a${"/x".repeat(10_000)}`, "")?.status, 302);
});
