import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { canonicalAddress, isPublicAddress, literalAddress } from "./addressFilter.ts";

const REFUSED = [
  "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.254", "168.63.129.16",
  "169.254.169.254", "169.254.170.2", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.192", "192.0.2.1", "192.88.99.1",
  "192.168.1.1", "198.18.0.1", "198.19.255.255", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.255.255.250", "240.0.0.1",
  "255.255.255.255",
  "::", "::1", "::ffff:127.0.0.1", "::ffff:7f00:1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:0:7f00:1",
  "::127.0.0.1", "::8.8.8.8", "64:ff9b::7f00:1", "64:ff9b::8.8.8.8", "64:ff9b:1::a00:1", "100::1", "100:0:0:1::1", "2001::1",
  "2001:0:7f00:1::", "2001:2::1", "2001:10::1", "2001:20::1", "2001:db8::1", "2002:7f00:1::", "2002:808:808::1", "3fff::1",
  "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fe80::1%1", "fec0::1", "ff02::1", "ff0e::1",
  "2606:4700::5efe:7f00:1", "2606:4700::200:5efe:808:808", "2606:4700::1%eth0", "4000::1", "8000::1",
  "not an address", "", "1.2.3", "01.2.3.4", "0x7f.0.0.1", "127.1", "2130706433", "1.1.1.1 ", "1.1.1.1:80", "[::1]",
]; // biome-ignore format: a list
const PUBLIC = [
  "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0",
  "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.1", "192.0.1.0", "192.167.255.255", "198.17.255.255", "198.20.0.0",
  "223.255.255.255", "2606:4700:4700::1111", "2001:200::1", "2001:4860:4860::8888", "2003::1", "2a00:1450:4001::8a", "::ffff:8.8.8.8",
]; // biome-ignore format: a list

/** Ranges as first and last address in plain numbers: another way to the same judgement. */
const IPV4_RANGES: readonly (readonly [number, number])[] = [
  [0x00000000, 0x00ffffff], [0x0a000000, 0x0affffff], [0x64400000, 0x647fffff], [0x7f000000, 0x7fffffff], [0xa83f8110, 0xa83f8110],
  [0xa9fe0000, 0xa9feffff], [0xac100000, 0xac1fffff], [0xc0000000, 0xc00000ff], [0xc0000200, 0xc00002ff], [0xc01fc400, 0xc01fc4ff],
  [0xc034c100, 0xc034c1ff], [0xc0586300, 0xc05863ff], [0xc0a80000, 0xc0a8ffff], [0xc0af3000, 0xc0af30ff], [0xc6120000, 0xc613ffff],
  [0xc6336400, 0xc63364ff], [0xcb007100, 0xcb0071ff], [0xe0000000, 0xffffffff],
]; // biome-ignore format: a table

function isPublicNumber(address: number): boolean {
  return !IPV4_RANGES.some(([first, last]) => address >= first && address <= last);
}

function isPublicBig(address: bigint): boolean {
  if (address >> 32n === 0xffffn) return isPublicNumber(Number(address & 0xffffffffn));
  const top = (bits: number) => address >> BigInt(128 - bits);
  if (top(3) !== 1n || top(16) === 0x2002n || top(16) === 0x3ffen || top(32) === 0x20010db8n) return false;
  if (top(23) === 0x20010000n >> 9n || top(20) === 0x3fffn << 4n || top(48) === 0x2620004f8000n) return false;
  const interfaceId = (address >> 32n) & 0xffffffffn;
  return interfaceId !== 0x5efen && interfaceId !== 0x02005efen;
}

function dotted(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join(".");
}

const edges = IPV4_RANGES.flatMap(([first, last]) => [first - 1, first, last, last + 1]).filter(
  (n) => n >= 0 && n <= 0xffffffff,
);
const ipv4 = fc.oneof(fc.nat(0xffffffff), fc.constantFrom(...edges));
const word = fc.oneof(
  fc.nat(0xffff),
  fc.constantFrom(
    0,
    0,
    1,
    0xffff,
    0x2001,
    0x2002,
    0x0db8,
    0x3fff,
    0xfe80,
    0xfc00,
    0x64,
    0xff9b,
    0x5efe,
    0x200,
    0x2606,
    0x7f00,
  ),
);
const words = fc.array(word, { minLength: 8, maxLength: 8 });

describe("address filter", () => {
  for (const address of REFUSED) {
    it(`refuses ${JSON.stringify(address)}`, () => assert.equal(isPublicAddress(address), false));
  }
  for (const address of PUBLIC) {
    it(`lets ${address} through`, () => assert.equal(isPublicAddress(address), true));
  }

  it("agrees with plain arithmetic on every IPv4 address", () => {
    fc.assert(
      fc.property(ipv4, (address) => isPublicAddress(dotted(address)) === isPublicNumber(address)),
      { numRuns: 5_000 },
    );
  });

  it("agrees with plain arithmetic on every IPv6 address, however it is spelt", () => {
    fc.assert(
      fc.property(words, fc.boolean(), (list, upper) => {
        const big = list.reduce((sum, part) => (sum << 16n) | BigInt(part), 0n);
        const text = list.map((part) => part.toString(16)).join(":");
        const compressed = new URL(`http://[${text}]/`).hostname.slice(1, -1);
        for (const spelling of [upper ? text.toUpperCase() : text, compressed]) {
          assert.equal(isPublicAddress(spelling), isPublicBig(big), spelling);
        }
      }),
      { numRuns: 5_000 },
    );
  });

  it("never lets an IPv4 address in an IPv6 one through that it refuses bare", () => {
    fc.assert(
      fc.property(ipv4, (address) => {
        const [high, low] = [address >>> 16, address & 0xffff].map((part) => part.toString(16));
        const forms = [
          `::ffff:${dotted(address)}`, `::${high}:${low}`, `::ffff:0:${high}:${low}`, `64:ff9b::${high}:${low}`,
          `64:ff9b:1::${high}:${low}`, `2002:${high}:${low}::1`, `2001:0:${high}:${low}::`, `2606::5efe:${high}:${low}`,
        ]; // biome-ignore format: a list
        for (const form of forms) assert.ok(isPublicNumber(address) || !isPublicAddress(form), form);
      }),
      { numRuns: 2_000 },
    );
  });

  it("sees the address behind every spelling that a URL takes", () => {
    const spellings = [
      "0x7f.1", "2130706433", "0177.0.0.1", "127.1", "0x7f000001", "017700000001", "127.0.0.1.", "0x7F.0.0.0x1", "１２７.0.0.1",
      "127。0。0。1", "%31%32%37.0.0.1", "00000177.0.0.1",
    ]; // biome-ignore format: a list
    for (const host of spellings) assert.equal(literalAddress(new URL(`http://${host}/`).hostname), "127.0.0.1", host);
    assert.equal(literalAddress(new URL("http://[::1]/").hostname), "::1");
    assert.equal(literalAddress(new URL("http://[::FFFF:127.0.0.1]/").hostname), "::ffff:7f00:1");
    assert.equal(literalAddress("localhost"), undefined);
  });

  it("compares addresses by one spelling", () => {
    assert.equal(canonicalAddress("::ffff:10.0.0.1"), "10.0.0.1");
    assert.equal(canonicalAddress("FE80:0:0::1%eth0"), canonicalAddress("fe80::1"));
  });
});
