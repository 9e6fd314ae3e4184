import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { previewHost, previewLabelOf, readPreviewLabel } from "../release/previewAddress.ts";
import { previewToken, readPreviewToken } from "../release/previewToken.ts";
import { SHARES, shareOf, sharesOf } from "./arm.ts";
import { LATENCY_BOUNDS_MS, latencyBucket } from "./latencyBuckets.ts";

describe("a visitor's share", () => {
  const visitors = Array.from({ length: 1_000 }, (_, index) => index.toString(16).padStart(16, "0"));

  it("gives a candidate as many visitors as its percentage says, within what chance allows", () => {
    for (const percent of [0.5, 10, 50, 99]) {
      const [share, all] = [percent / 100, visitors.length];
      const found = visitors.filter((visitor) => shareOf(visitor, "hello") < sharesOf(percent)).length;
      // Four standard deviations: beyond them lies one of sixteen thousand.
      assert.ok(Math.abs(found - share * all) <= 4 * Math.sqrt(all * share * (1 - share)), `${percent} %: ${found}`);
    }
  });

  it("stays with the candidate while its percentage grows, and says nothing of other functions", () => {
    const inFirst = (percent: number) => visitors.filter((visitor) => shareOf(visitor, "hello") < sharesOf(percent));
    assert.deepEqual(
      inFirst(10),
      inFirst(50).filter((visitor) => inFirst(10).includes(visitor)),
    );
    const both = inFirst(50).filter((visitor) => shareOf(visitor, "other") < sharesOf(50)).length;
    assert.ok(Math.abs(both - 250) <= 4 * Math.sqrt(1_000 * 0.25 * 0.75), `${both}`);
    assert.ok(visitors.every((visitor) => shareOf(visitor, "hello") < SHARES));
  });
});

describe("a preview address", () => {
  it("is a label of the fleet's domain", () => {
    assert.equal(previewHost({ function: "hello", number: 7 }, "edge.test"), "v7--hello.edge.test");
    assert.equal(previewLabelOf("v7--hello.edge.test", "edge.test"), "v7--hello");
    assert.deepEqual(readPreviewLabel("v12--a--b"), { function: "a--b", number: 12 });
  });

  for (const host of [
    ...[
      "edge.test",
      "v7--hello.edge.test.other",
      "v7--hello.a.edge.test",
      "v0--hello.edge.test",
      "v07--hello.edge.test",
    ],
    ...["v7-hello.edge.test", "v7--.edge.test", "v7--7.edge.test", "7--hello.edge.test", "v7--hello.other.test"],
  ]) {
    it(`is not ${host}`, () => assert.equal(previewLabelOf(host, "edge.test"), null));
  }

  it("is a header alone where the function's name makes the label too long", () => {
    assert.equal(previewHost({ function: "f".repeat(60), number: 7 }, "edge.test"), null);
  });
});

describe("a preview token", () => {
  const endsAt = new Date(1_800_000_000_000);
  const token = previewToken({ function: "hello", number: 7, endsAt }, "secret");
  const before = endsAt.getTime() - 1;

  it("opens one version until its end", () => {
    assert.deepEqual(readPreviewToken(token, "secret", before), { function: "hello", number: 7 });
    assert.equal(readPreviewToken(token, "secret", endsAt.getTime()), null);
  });

  it("opens nothing where a character of it, or the secret, is another one", () => {
    assert.equal(readPreviewToken(token, "other", before), null);
    for (const other of [
      token.replace("v7", "v8"),
      token.replace("hello", "hellp"),
      token.replace(".18", ".19"),
      `${token}A`,
      "",
    ]) {
      assert.equal(readPreviewToken(other, "secret", before), null, other);
    }
  });
});

it("latencies fall into the first bucket that they fit in", () => {
  for (const [bucket, bound] of LATENCY_BOUNDS_MS.entries()) {
    assert.equal(latencyBucket(bound), bucket);
    assert.equal(latencyBucket(bound * 1.01), bucket + 1);
  }
  assert.equal(latencyBucket(0), 0);
  assert.equal(latencyBucket(10_000_000), LATENCY_BOUNDS_MS.length);
});
