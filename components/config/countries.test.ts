import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { CONTINENTS, COUNTRIES, COUNTRY_ALIASES, PINNED_COUNTRIES } from "./countries.ts";

const ISO_TABLE = "/usr/share/zoneinfo/iso3166.tab";

test("has each country once, on one of seven continents", () => {
  assert.equal(CONTINENTS.length, 7);
  assert.equal(COUNTRIES.size, 250);
  for (const country of COUNTRIES.keys()) assert.match(country, /^[A-Z]{2}$/);
});

test("has exactly the countries of the tz database's ISO 3166 table, and Kosovo", {
  skip: existsSync(ISO_TABLE) ? false : `${ISO_TABLE} is not here`,
}, () => {
  const iso = readFileSync(ISO_TABLE, "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.slice(0, 2));
  assert.deepEqual([...COUNTRIES.keys()].sort(), [...iso, "XK"].sort());
});

test("a pinned country's other continent differs from its own", () => {
  for (const [country, other] of PINNED_COUNTRIES) {
    assert.ok(COUNTRIES.has(country), country);
    assert.notEqual(COUNTRIES.get(country), other, country);
  }
});

test("an alias is no code of its own", () => {
  for (const [alias, country] of COUNTRY_ALIASES) {
    assert.ok(!COUNTRIES.has(alias));
    assert.ok(COUNTRIES.has(country));
  }
});
