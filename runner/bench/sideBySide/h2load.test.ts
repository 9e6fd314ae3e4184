import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseH2load } from "./h2load.ts";

const GOOD = `finished in 2.01s, 25356.50 req/s, 5.15MB/s
requests: 50713 total, 50762 started, 50713 done, 50713 succeeded, 0 failed, 0 errored, 0 timeout
status codes: 50762 2xx, 0 3xx, 0 4xx, 0 5xx
`;

describe("what h2load says at its end", () => {
  it("gives requests and their rate; answers under way when time was over do not count", () => {
    assert.deepEqual(parseH2load(GOOD), { requests: 50_713, perSecond: 25_356.5 });
  });

  for (const [what, output] of [
    ["an answer with another status", GOOD.replace("0 5xx", "3 5xx")],
    ["a request that failed", GOOD.replace("50713 succeeded", "50712 succeeded")],
  ]) {
    it(`is no result with ${what}`, () => {
      assert.throws(() => parseH2load(output as string), /some requests were not answered with status 2xx/);
    });
  }

  it("is no result when no request came through", () => {
    assert.throws(() => parseH2load(GOOD.replace("50713 done", "0 done")), /has not ended well/);
    assert.throws(() => parseH2load(""), /has not ended well/);
  });
});
