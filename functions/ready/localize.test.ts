import assert from "node:assert/strict";
import { test } from "node:test";
import { edgeRequest } from "../testing/edgeRequest.ts";
import localize from "./localize.ts";

const ask = async (query: string, country?: string) => {
  const response = localize.fetch(edgeRequest(`/localize${query}`, {}, country === undefined ? {} : { country }));
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Record<string, unknown>,
  };
};

test("tells language, currency, price and consent by the country", async () => {
  const { body, headers } = await ask("?price=20", "GB");
  assert.deepEqual(body, { country: "GB", language: "en-GB", currency: "GBP", price: "£16.00", asksConsent: true });
  assert.equal(headers.get("vary"), "x-edge-country");
  assert.equal((await ask("", "US")).body.price, "$10.00");
});

test("countries without a row, and names of the language's own, get the same as everybody", async () => {
  for (const country of ["ZZ", "constructor", "__proto__", ""])
    assert.equal((await ask("", country)).body.currency, "USD", country);
});

test("refuses what is no price, for no cache to keep", async () => {
  for (const price of ["", "%20", "x", "-1", "1000001", "Infinity", "NaN"]) {
    const { status, headers } = await ask(`?price=${price}`);
    assert.deepEqual([status, headers.get("cache-control")], [400, "no-store"], price);
  }
});
