import assert from "node:assert/strict";
import { test } from "node:test";
import hello from "./hello.ts";
import { edgeRequest } from "./testing/edgeRequest.ts";

test("greets by name, from its region", async () => {
  const response = await hello.fetch(edgeRequest("/hello?name=Ada%20L", {}, { region: "us-east-1" }), {});
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("cache-control"), "no-store");
  assert.equal(await response.text(), "Hello, Ada L, from us-east-1!\n");
});

test("greets the world without a name, and cuts a long one", async () => {
  assert.match(await (await hello.fetch(edgeRequest("/hello?name="), {})).text(), /^Hello, World,/);
  const long = await (await hello.fetch(edgeRequest(`/hello?name=${"x".repeat(5_000)}`), {})).text();
  assert.ok(long.length < 150);
});
