import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Cidr, formatCidr, isPrivate, overlaps, parseCidr, regionCidr, zoneSubnets } from "./cidr.ts";
import { AWS_REGION_CODES, AWS_REGIONS } from "./regions.ts";

const anyCidr = fc
  .record({ address: fc.nat(2 ** 32 - 1), prefix: fc.integer({ min: 0, max: 32 }) })
  .map(({ address, prefix }): Cidr => ({ start: address - (address % 2 ** (32 - prefix)), prefix }));

function parsed(text: string): Cidr {
  const cidr = parseCidr(text);
  assert.ok(cidr, text);
  return cidr;
}

test("reads what it writes", () => {
  fc.assert(fc.property(anyCidr, (cidr) => assert.deepEqual(parseCidr(formatCidr(cidr)), cidr)));
});

test("refuses anything but a network in four decimal parts with zero host bits", () => {
  for (const text of [
    "10.0.0.1/8",
    "10.0.0.0",
    "10.0.0.0/33",
    "10.0.0.0/08",
    "10.0.0.0/8/8",
    "10.0/8",
    "::/0",
    "",
    "0x0a.0.0.0/8",
    "010.0.0.0/8",
  ]) {
    assert.equal(parseCidr(text), null, text);
  }
});

test("two networks overlap exactly when one address is in both", () => {
  fc.assert(
    fc.property(anyCidr, anyCidr, (a, b) => {
      const within = (address: number, c: Cidr) => address >= c.start && address < c.start + 2 ** (32 - c.prefix);
      assert.equal(overlaps(a, b), within(a.start, b) || within(b.start, a));
    }),
  );
});

test("the networks of all regions never overlap, and are private", () => {
  const all = AWS_REGION_CODES.map((code) => parsed(regionCidr(code)));
  for (const [index, cidr] of all.entries()) {
    assert.ok(isPrivate(cidr));
    for (const other of all.slice(0, index))
      assert.ok(!overlaps(cidr, other), `${formatCidr(cidr)} ${formatCidr(other)}`);
  }
});

test("a region's network is what it was when it was given out", () => {
  assert.equal(regionCidr("af-south-1"), "10.1.0.0/16");
  assert.equal(regionCidr("ap-northeast-1"), "10.4.0.0/16");
  assert.equal(regionCidr("eu-central-1"), "10.18.0.0/16");
  assert.equal(regionCidr("us-east-1"), "10.31.0.0/16");
  assert.equal(regionCidr("us-west-2"), "10.34.0.0/16");
  const rows = Object.values(AWS_REGIONS).map(({ cidrRow }) => cidrRow);
  assert.equal(new Set(rows).size, rows.length);
});

test("a fleet range without room for a region's row is refused, naming the region", () => {
  assert.equal(regionCidr("us-west-2", "172.0.0.0/8"), "172.34.0.0/16");
  assert.throws(() => regionCidr("us-west-2", "172.16.0.0/12"), /172\.16\.0\.0\/12 has no room for region us-west-2/);
  assert.throws(() => regionCidr("moon-1"), /no network for region moon-1/);
});

test("subnets fill their region's network without overlapping", () => {
  fc.assert(
    fc.property(fc.integer({ min: 16, max: 24 }), fc.nat(2 ** 8 - 1), (prefix, block) => {
      const network: Cidr = { start: parsed("10.0.0.0/8").start + block * 2 ** 16, prefix };
      const { public: open, private: closed } = zoneSubnets(formatCidr(network));
      const subnets = [...open, ...closed].map(parsed);
      assert.equal(open.length, closed.length);
      const addresses = subnets.reduce((sum, subnet) => sum + 2 ** (32 - subnet.prefix), 0);
      assert.equal(addresses, 2 ** (32 - prefix));
      for (const [index, subnet] of subnets.entries()) {
        assert.ok(overlaps(subnet, network));
        for (const other of subnets.slice(0, index)) assert.ok(!overlaps(subnet, other));
      }
    }),
  );
  assert.throws(() => zoneSubnets("10.0.0.0/25"), RangeError);
});

test("private means inside one of the three private ranges", () => {
  for (const text of ["10.0.0.0/8", "172.31.0.0/16", "192.168.4.0/24"]) assert.ok(isPrivate(parsed(text)), text);
  for (const text of ["0.0.0.0/0", "172.32.0.0/16", "192.169.0.0/16", "8.0.0.0/8"]) {
    assert.ok(!isPrivate(parsed(text)), text);
  }
});
