import assert from "node:assert/strict";
import { test } from "node:test";
import { edgeRequest } from "../testing/edgeRequest.ts";
import jwt from "./jwt.ts";

const SECRET = "a secret of more than thirty-two bytes";
const ENV = { UPSTREAM: "https://app.example.com", ISSUER: "https://login.example.com/", AUDIENCE: "app", SECRET };
const ask = (env: object, authorization?: string) =>
  jwt.fetch(edgeRequest("/account", authorization === undefined ? {} : { headers: { authorization } }), env);

for (const [what, env, says] of [
  ["an upstream", { ...ENV, UPSTREAM: "" }, /env\.UPSTREAM/],
  ["any keys", { ...ENV, SECRET: "" }, /secrets\.SECRET, or env\.JWKS_URL/],
  ["saying which keys", { ...ENV, JWKS_URL: "https://login.example.com/keys" }, /one of two/],
  ["a long secret", { ...ENV, SECRET: "short" }, /less than 32 bytes/],
  ["an audience", { ...ENV, AUDIENCE: "" }, /env\.ISSUER and env\.AUDIENCE/],
] as const) {
  test(`without ${what} it says what its config lacks`, async () => {
    const response = await ask(env, "Bearer x");
    assert.equal(response.status, 500);
    assert.match(await response.text(), says);
  });
}

test("asks for a token, and for a valid one", async () => {
  for (const authorization of [undefined, "", "Basic eDp5", "Bearer", "Bearer a b"])
    assert.equal((await ask(ENV, authorization)).headers.get("www-authenticate"), 'Bearer realm="edge"');
  for (const authorization of ["Bearer x", "bearer a.b.c", `Bearer ${"x".repeat(10_000)}`])
    assert.match((await ask(ENV, authorization)).headers.get("www-authenticate") ?? "", /error="invalid_token"/);
});
