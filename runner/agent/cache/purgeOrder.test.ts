import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { PurgeOrderError, parsePurgeOrder } from "./purgeOrder.ts";

describe("an order to purge", () => {
  it("is one page, a tag, a host or everything", () => {
    const url = new URL("https://edge.test:8443/a?b=1");
    assert.deepEqual(parsePurgeOrder({ url: url.href }), { kind: "url", url, isSoft: false });
    assert.deepEqual(parsePurgeOrder({ url: url.href, soft: true }), { kind: "url", url, isSoft: true });
    assert.deepEqual(parsePurgeOrder({ tag: "product:1.2" }), { kind: "tag", tag: "product:1.2" });
    assert.deepEqual(parsePurgeOrder({ host: "edge.test" }), { kind: "host", host: "edge.test" });
    assert.deepEqual(parsePurgeOrder({ all: true }), { kind: "all" });
  });

  for (const [value, told] of [
    [null, /exactly one of url, tag, host and all; it is null/],
    [{}, /exactly one of/],
    [{ tag: "a", host: "b" }, /exactly one of/],
    [{ tag: "a", surrogate: "b" }, /exactly one of/],
    [{ all: false }, /all is false: give true/],
    [{ url: "/path" }, /url is "\/path": give a whole URL/],
    [{ url: "ftp://edge.test/" }, /whole URL/],
    [{ tag: "a b" }, /tag is "a b": give letters/],
    [{ tag: ".*|x" }, /tag is/],
    [{ tag: "" }, /tag is ""/],
    [{ host: "Edge.test" }, /host is "Edge.test": give a host in lower case/],
    [{ host: "edge.test:8443" }, /without a port/],
    [{ tag: "a", soft: true }, /soft is true: give true or false, and only with url/],
    [{ url: "https://edge.test/", soft: "yes" }, /soft is "yes"/],
  ] as const) {
    it(`is not ${JSON.stringify(value)}`, () => {
      assert.throws(
        () => parsePurgeOrder(value),
        (error: Error) => error instanceof PurgeOrderError && told.test(error.message),
      );
    });
  }
});
