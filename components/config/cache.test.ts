import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { cache } from "./cacheSchema.ts";

describe("the paths that are the same for every visitor", () => {
  it("are whole ones, or all below one", () => {
    const staticPaths = ["/favicon.ico", "/assets/*", "/*", "/a/b-c/d~1.js"];
    assert.deepEqual(cache.parse({ staticPaths }), { staticPaths });
    assert.deepEqual(cache.parse(undefined), { staticPaths: [] });
  });

  for (const path of ["", "/", "assets/*", "/assets*", "/a/*/b", "/a b", "/a?b", "/a(b)", "//a", "/a/"]) {
    it(`are not ${JSON.stringify(path)}`, () => assert.equal(cache.safeParse({ staticPaths: [path] }).success, false));
  }

  it("stand there once", () => {
    assert.equal(cache.safeParse({ staticPaths: ["/a", "/a"] }).success, false);
  });
});
