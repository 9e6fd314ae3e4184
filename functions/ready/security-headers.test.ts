import assert from "node:assert/strict";
import { test } from "node:test";
import { edgeRequest } from "../testing/edgeRequest.ts";
import securityHeaders from "./security-headers.ts";

test("without an upstream it says what its config lacks", async () => {
  const response = await securityHeaders.fetch(edgeRequest("/site/"), {});
  assert.equal(response.status, 500);
  assert.match(await response.text(), /env\.UPSTREAM/);
});

test("its own errors are protected, too", async () => {
  const response = await securityHeaders.fetch(edgeRequest("/site/"), { UPSTREAM: "https://upstream.invalid" });
  assert.equal(response.status, 502);
  for (const [name, value] of [
    ["cache-control", "no-store"],
    ["x-content-type-options", "nosniff"],
    ["x-frame-options", "DENY"],
    ["cross-origin-opener-policy", "same-origin"],
  ] as const)
    assert.equal(response.headers.get(name), value);
  assert.equal(response.headers.get("content-security-policy"), null);
});
