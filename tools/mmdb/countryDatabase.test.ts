import assert from "node:assert/strict";
import { test } from "node:test";
import { type CountryResponse, Reader } from "mmdb-lib";
import { type PlacedNetwork, writeCountryDatabase } from "./countryDatabase.ts";

const JAPAN = { country: "JP", continent: "AS" };
const GERMANY = { country: "DE", continent: "EU" };

function lookup(networks: readonly PlacedNetwork[], address: string): string | null {
  const response = new Reader<CountryResponse>(writeCountryDatabase(networks)).get(address);
  return response === null ? null : `${response.continent?.code}/${response.country?.iso_code}`;
}

test("a reader finds what was written, and nothing beside it", () => {
  const networks = [
    { cidr: "198.51.100.0/24", ...JAPAN },
    { cidr: "203.0.113.7/32", ...GERMANY },
    { cidr: "2001:db8:1::/48", ...GERMANY },
  ];
  assert.equal(lookup(networks, "198.51.100.0"), "AS/JP");
  assert.equal(lookup(networks, "198.51.100.255"), "AS/JP");
  assert.equal(lookup(networks, "203.0.113.7"), "EU/DE");
  assert.equal(lookup(networks, "2001:db8:1:ffff::1"), "EU/DE");
  for (const beside of ["198.51.99.255", "198.51.101.0", "203.0.113.6", "203.0.113.8", "2001:db8:2::", "::1"]) {
    assert.equal(lookup(networks, beside), null, beside);
  }
});

test("is of the type that readers of GeoLite2-Country expect", () => {
  const { metadata } = new Reader<CountryResponse>(writeCountryDatabase([{ cidr: "192.0.2.0/24", ...JAPAN }]));
  assert.equal(metadata.databaseType, "GeoLite2-Country");
  assert.equal(metadata.ipVersion, 6);
  assert.equal(metadata.binaryFormatMajorVersion, 2);
});

test("no networks make a database in which nothing is found", () => {
  assert.equal(lookup([], "192.0.2.1"), null);
});

test("a bad network is refused by name", () => {
  const write = (...cidrs: string[]) => writeCountryDatabase(cidrs.map((cidr) => ({ cidr, ...JAPAN })));
  assert.throws(() => write("192.0.2.1/24"), /192\.0\.2\.1\/24 has bits set behind its prefix/);
  assert.throws(() => write("192.0.2.0"), /192\.0\.2\.0 is not an address, a slash/);
  assert.throws(() => write("192.0.2.0/24", "192.0.2.0/24"), /192\.0\.2\.0\/24 overlaps another/);
  assert.throws(() => write("192.0.2.0/25", "192.0.2.0/24"), /192\.0\.2\.0\/24 overlaps another/);
  assert.throws(() => write("192.0.2.0/24", "192.0.2.0/25"), /192\.0\.2\.0\/25 lies inside another/);
  assert.throws(() => write("::/0"), /whole address space/);
  assert.throws(() => writeCountryDatabase([{ cidr: "192.0.2.0/24", country: "jp", continent: "AS" }]), /two-letter/);
});
