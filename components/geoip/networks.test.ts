import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import ipaddr from "ipaddr.js";
import { type CountryResponse, Reader } from "mmdb-lib";
import { type PlacedNetwork, writeCountryDatabase } from "../../tools/mmdb/countryDatabase.ts";
import { encode } from "../../tools/mmdb/encode.ts";
import { geoNetworks, readNetworks } from "./networks.ts";

/** Few addresses and few places, so that networks touch, nest and merge. */
const anyNetwork = fc
  .record({
    head: fc.constantFrom("10.0", "198.51", "0.0", "2001:db8", "::ffff", "ffff:ffff"),
    bits: fc.nat(255),
    length: fc.integer({ min: 1, max: 8 }),
    country: fc.constantFrom("JP", "DE"),
  })
  .map(({ head, bits, length, country }): PlacedNetwork => {
    const low = bits & (0xff << (8 - length));
    const isIpv4 = head.includes(".");
    const cidr = isIpv4
      ? `${head}.${low}.0/${16 + length}`
      : `${ipaddr.parse(`${head === "::ffff" ? "0:0" : head}:${(low << 8).toString(16)}::`)}/${32 + length}`;
    return { cidr, country, continent: country === "JP" ? "AS" : "EU" };
  });

/** Databases of networks that do not overlap: those that the writer refuses are left out. */
const anyDatabase = fc.array(anyNetwork, { maxLength: 12 }).map((networks) => {
  const kept: PlacedNetwork[] = [];
  for (const network of networks) {
    try {
      writeCountryDatabase([...kept, network]);
      kept.push(network);
    } catch {
      // Overlaps one that is kept.
    }
  }
  return { kept, database: writeCountryDatabase(kept) };
});

// Not below ::/96: to a reader those are IPv4 addresses.
const anyAddress = fc.oneof(
  fc
    .tuple(fc.constantFrom("10.0", "198.51", "0.0", "9.255"), fc.nat(255), fc.nat(255))
    .map(([head, a, b]) => `${head}.${a}.${b}`),
  fc
    .tuple(fc.constantFrom("2001:db8", "0:0", "ffff:ffff"), fc.integer({ min: 1, max: 65_535 }))
    .map(([head, a]) => `${head}:${a.toString(16)}::1`),
);

function found(networks: ReturnType<typeof geoNetworks>, address: string): string[] {
  const parsed = ipaddr.parse(address);
  return networks
    .filter(({ cidr }) => {
      const [range, prefix] = ipaddr.parseCIDR(cidr);
      return range.kind() === parsed.kind() && parsed.match([range, prefix] as never);
    })
    .map(({ country, continent }) => `${continent}/${country}`);
}

test("every address is in exactly the network that a lookup finds", () => {
  fc.assert(
    fc.property(
      anyDatabase,
      fc.array(anyAddress, { minLength: 20, maxLength: 20 }),
      ({ kept, database }, addresses) => {
        const networks = geoNetworks(database);
        const reader = new Reader<CountryResponse>(database);
        const first = kept.map(({ cidr }) => ipaddr.parseCIDR(cidr)[0].toString());
        for (const address of [...addresses, ...first]) {
          const response = reader.get(address);
          const wanted = response === null ? [] : [`${response.continent?.code}/${response.country?.iso_code}`];
          assert.deepEqual(found(networks, address), wanted, address);
        }
      },
    ),
    { numRuns: 300 },
  );
});

test("neighbours in the same place are one network", () => {
  const place = { country: "JP", continent: "AS" };
  assert.deepEqual(
    geoNetworks(
      writeCountryDatabase([
        { cidr: "192.0.2.0/26", ...place },
        { cidr: "192.0.2.128/25", ...place },
        { cidr: "192.0.2.64/26", ...place },
        { cidr: "192.0.3.0/24", country: "DE", continent: "EU" },
      ]),
    ),
    [
      { cidr: "192.0.2.0/24", ...place },
      { cidr: "192.0.3.0/24", country: "DE", continent: "EU" },
    ],
  );
});

test("a network that holds all of IPv4 is told for IPv4 too", () => {
  const place = { country: "JP", continent: "AS" };
  const cidrs = (...given: string[]) =>
    geoNetworks(writeCountryDatabase(given.map((cidr) => ({ cidr, ...place })))).map(({ cidr }) => cidr);
  assert.deepEqual(cidrs("0.0.0.0/1", "128.0.0.0/1"), ["0.0.0.0/0"]);
  assert.deepEqual(cidrs("::/1"), ["0.0.0.0/0", "::/1"]);
});

test("reads records of 24, 28 and 32 bits alike, in a tree of IPv4 alone too", () => {
  for (const recordBits of [24, 28, 32] as const) {
    const database = ipv4Database(recordBits, { country: { iso_code: "JP" }, continent: { code: "AS" } });
    assert.equal(new Reader<CountryResponse>(database).get("200.0.0.1")?.country?.iso_code, "JP");
    assert.deepEqual(geoNetworks(database), [{ cidr: "128.0.0.0/1", country: "JP", continent: "AS" }]);
  }
});

test("a place without a country is XX, and one without anything is left out", () => {
  assert.deepEqual(geoNetworks(ipv4Database(24, { continent: { code: "EU" } })), [
    { cidr: "128.0.0.0/1", country: "XX", continent: "EU" },
  ]);
  assert.deepEqual(geoNetworks(ipv4Database(24, { country: { iso_code: "JP" } })), [
    { cidr: "128.0.0.0/1", country: "JP", continent: null },
  ]);
  assert.deepEqual(geoNetworks(ipv4Database(24, {})), []);
});

test("a code that is not two letters never gets through", () => {
  for (const iso_code of ["JP\nevil", "jp", "", "JPN"]) {
    assert.throws(
      () => geoNetworks(ipv4Database(24, { country: { iso_code } })),
      /is damaged: it has the country code/,
    );
  }
});

test("the IPv4 addresses are walked once, however often a database repeats them", () => {
  const database = writeCountryDatabase([
    { cidr: "192.0.2.0/24", country: "JP", continent: "AS" },
    { cidr: "2002::/17", country: "DE", continent: "EU" },
  ]);
  const before = geoNetworks(database);
  // The spare half of 2002::/16 now leads to the IPv4 addresses.
  const { aliased, target } = aliasRecord(database, "2002:8000::", 16);
  database.writeUIntBE(target, aliased, 3);
  assert.equal(new Reader<CountryResponse>(database).metadata.ipVersion, 6);
  assert.deepEqual(geoNetworks(database), before);
});

test("a tree with a loop, and a file that lacks a part, are refused", () => {
  const loop = writeCountryDatabase([{ cidr: "192.0.2.0/24", country: "JP", continent: "AS" }]);
  loop.writeUIntBE(0, 3, 3);
  assert.throws(() => geoNetworks(loop), /loop at node 0/);
  const whole = writeCountryDatabase([{ cidr: "192.0.2.0/24", country: "JP", continent: "AS" }]);
  assert.throws(() => geoNetworks(whole.subarray(300)), /is damaged: the record of \S+ cannot be read/);
  assert.throws(() => geoNetworks(whole.subarray(-300)), /is damaged: \d+ nodes do not fit into 300 bytes/);
});

test("the error of a file names it, and the key that set it", () => {
  const folder = mkdtempSync(join(tmpdir(), "edge-geoip-"));
  try {
    const file = join(folder, "bad.mmdb");
    assert.throws(() => readNetworks(file), /bad\.mmdb: ENOENT.*edge-fleet:geoipDatabase/s);
    for (const content of ["", "not a database", "\xab\xcd\xefMaxMind.com"]) {
      writeFileSync(file, content, "latin1");
      assert.throws(() => readNetworks(file), /bad\.mmdb: is not a MaxMind database\. Set edge-fleet:geoipDatabase/);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** One node: the upper half of IPv4 is one place. */
function ipv4Database(recordBits: 24 | 28 | 32, place: Parameters<typeof encode>[0]): Buffer {
  const [empty, data] = [1, 1 + 16];
  const tree = Buffer.alloc(recordBits / 4);
  if (recordBits === 32) {
    tree.writeUInt32BE(empty, 0);
    tree.writeUInt32BE(data, 4);
  } else {
    tree.writeUIntBE(empty, 0, 3);
    tree.writeUIntBE(data, recordBits === 24 ? 3 : 4, 3);
  }
  const metadata = encode({
    binary_format_major_version: { uintBits: 16, value: 2 },
    database_type: "Test",
    ip_version: { uintBits: 16, value: 4 },
    node_count: { uintBits: 32, value: 1 },
    record_size: { uintBits: 16, value: recordBits },
  });
  return Buffer.concat([
    tree,
    Buffer.alloc(16),
    encode(place),
    Buffer.from("\xab\xcd\xefMaxMind.com", "latin1"),
    metadata,
  ]);
}

/** Where the record of an address at a depth stands in a tree of 24 bits, and the node of `::/96`. */
function aliasRecord(database: Buffer, address: string, depth: number): { aliased: number; target: number } {
  const bits = ipaddr
    .parse(address)
    .toByteArray()
    .flatMap((byte) => [7, 6, 5, 4, 3, 2, 1, 0].map((shift) => (byte >> shift) & 1));
  const step = (node: number, bit: number) => database.readUIntBE(node * 6 + bit * 3, 3);
  const node = bits.slice(0, depth).reduce(step, 0);
  return { aliased: node * 6 + (bits[depth] ?? 0) * 3, target: Array<number>(96).fill(0).reduce(step, 0) };
}
