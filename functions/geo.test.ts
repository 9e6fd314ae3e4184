import assert from "node:assert/strict";
import { test } from "node:test";
import geo from "./geo.ts";
import { edgeRequest } from "./testing/edgeRequest.ts";

test("tells region, country and address, for no cache to keep", async () => {
  const response = await geo.fetch(edgeRequest("/geo", {}, { country: "XX", clientIp: "2001:db8::1" }));
  assert.deepEqual(await response.json(), { region: "eu-central-1", country: "XX", clientIp: "2001:db8::1" });
  assert.equal(response.headers.get("cache-control"), "private, no-store");
});
