import assert from "node:assert/strict";
import { BlockList, isIPv4 } from "node:net";
import { test } from "node:test";
import fc from "fast-check";
import { addressPrefixes } from "./addressPrefixes.ts";
import { type DoorFacts, doorMaps, NO_MAPS } from "./doorMaps.ts";
import { NO_POLICIES, type Policies, policyId } from "./policies.ts";

const FACTS: DoorFacts = { issuers: [], hasCountries: false, secrets: new Map<string, string>() };

function mapsOf(policies: Partial<Policies>, facts = FACTS): ReadonlyMap<string, string> {
  const functions = [
    {
      name: "f",
      routes: [{ host: null, methods: [], path: "/f", priority: 0 }],
      policies: { ...NO_POLICIES, ...policies },
    },
  ];
  return doorMaps(functions, facts).policies;
}

function linesOf(policies: Partial<Policies>, facts = FACTS): string[] {
  const id = policyId("f", { ...NO_POLICIES, ...policies });
  return [...mapsOf(policies, facts)].flatMap(([key, value]) =>
    key.startsWith(`${id}.`) ? [`${key.slice(id.length + 1)} ${value}`] : [],
  );
}

/** The address in hex, as HAProxy writes it. */
function hexOf(address: string): string {
  return (addressPrefixes(address)[0] as string).slice("ip4:".length);
}

test("without policies there is nothing to look up", () => {
  assert.equal(doorMaps([{ name: "f", routes: [] }], FACTS), NO_MAPS);
});

test("a network is beginnings of addresses, also where it ends within a digit", () => {
  assert.deepEqual(addressPrefixes("192.0.2.0/24"), ["ip4:C00002"]);
  assert.deepEqual(addressPrefixes("192.0.2.7"), ["ip4:C0000207"]);
  assert.deepEqual(addressPrefixes("192.0.2.0/23"), ["ip4:C00002", "ip4:C00003"]);
  assert.deepEqual(addressPrefixes("0.0.0.0/0"), ["ip4:"]);
  assert.deepEqual(addressPrefixes("2001:db8::/32"), ["ip6:20010DB8"]);
  assert.deepEqual(addressPrefixes("::1"), [`ip6:${"0".repeat(31)}1`]);
  assert.deepEqual(addressPrefixes("2001:db8::/33").length, 8);
});

const anyAddress = fc
  .tuple(fc.constantFrom(10, 192), fc.constantFrom(0, 128, 255), fc.nat(3), fc.nat(255))
  .map((bytes) => bytes.join("."));
const anyNetwork = fc.tuple(anyAddress, fc.integer({ min: 1, max: 32 })).map(([address, bits]) => `${address}/${bits}`);

test("of networks of all sizes the longest that fits decides, and of equal ones the one that denies", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(anyNetwork, { maxLength: 6 }),
      fc.uniqueArray(anyNetwork, { minLength: 1, maxLength: 6 }),
      fc.array(anyAddress, { minLength: 20, maxLength: 20 }),
      (allow, deny, addresses) => {
        const lines = new Map(
          linesOf({ addresses: { allow, deny } }).map((line) => line.split(" ") as [string, string]),
        );
        for (const address of addresses) {
          const key = `ip4:${hexOf(address)}`;
          const begins = [...lines.keys()].filter((line) => key.startsWith(line));
          const longest = begins.sort((a, b) => b.length - a.length)[0] as string;
          assert.equal(lines.get(longest), judged(address, allow, deny), `${address} of ${allow} without ${deny}`);
        }
      },
    ),
  );
});

/** By the words of the docs, with another implementation of networks. */
function judged(address: string, allow: readonly string[], deny: readonly string[]): string {
  const fits = (network: string) => {
    const [first, bits] = network.split("/") as [string, string];
    const list = new BlockList();
    list.addSubnet(first, Number(bits), isIPv4(first) ? "ipv4" : "ipv6");
    return list.check(address) ? Number(bits) : -1;
  };
  const longest = (networks: readonly string[]) => Math.max(-1, ...networks.map(fits));
  const [allowed, denied] = [longest(allow), longest(deny)];
  if (allowed === denied) return allowed === -1 && allow.length === 0 ? "allow" : "deny";
  return allowed > denied ? "allow" : "deny";
}

test("what the node lacks lets nothing pass", () => {
  assert.deepEqual(linesOf({ countries: { allow: ["DE"], deny: [] } }), ["unable the node knows no countries"]);
  assert.ok(linesOf({ jwt: { issuer: "a", audiences: ["x"] } }).includes("unable the node has no issuer a"));
  assert.ok(linesOf({ signedUrls: { secrets: ["s"] } }).includes("unable the secret s cannot be used"));
  const facts = { issuers: ["a"], hasCountries: true, secrets: new Map([["s", "value"]]) };
  const all = {
    countries: { allow: ["DE"], deny: [] },
    signedUrls: { secrets: ["s"] },
    jwt: { issuer: "a", audiences: ["x"] },
  };
  assert.equal(
    linesOf(all, facts).some((line) => line.startsWith("unable")),
    false,
  );
});

test("no key and no value breaks a line of a map", () => {
  const lines = [
    ...mapsOf({
      cors: {
        origins: ["https://a.test"],
        methods: ["GET", "PUT"],
        headers: ["x-a"],
        exposeHeaders: [],
        credentials: false,
        maxAgeSeconds: 5,
      },
      responseHeaders: { "referrer-policy": "no-referrer" },
    }),
  ];
  for (const [key, value] of lines) {
    assert.match(key, /^[^\s#]+$/);
    assert.match(value, /^\S(.*\S)?$/);
  }
});

test("other routes are another table, whose states are told from those before", () => {
  const of = (path: string) =>
    doorMaps(
      [
        {
          name: "f",
          routes: [{ host: null, methods: [], path, priority: 0 }],
          policies: { ...NO_POLICIES, bodyBytes: 1 },
        },
      ],
      FACTS,
    );
  assert.notEqual(of("/a").stamp, of("/b").stamp);
  assert.match(of("/a").policies.get("h:*") ?? "", new RegExp(`^${of("/a").stamp}[.]s`));
});
