import assert from "node:assert/strict";
import { test } from "node:test";
import { faults, legalConfig, TEST_CONTEXT } from "./legalConfig.ts";
import { parseFleetConfig } from "./parse.ts";

const PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";

function originsOf(origins: Record<string, unknown>) {
  const raw = legalConfig();
  raw.origins = origins;
  return parseFleetConfig(raw, TEST_CONTEXT).origins;
}

test("an origin on port 443 has verified TLS for its own name, on another port none", () => {
  const [shop, plain] = originsOf({
    shop: { host: "shop.example.com", port: 443 },
    zplain: { host: "10.0.0.7", port: 80 },
  });
  assert.deepEqual(shop?.tls, { serverName: "shop.example.com", ca: null });
  assert.equal(plain?.tls, null);
});

test("name, authority, shield, limit and health page are as written", () => {
  const [origin] = originsOf({
    site: {
      host: "10.0.0.7",
      port: 8443,
      tls: "verify",
      serverName: "origin.example.com",
      ca: PEM,
      serves: ["www.example.com", "example.com"],
      shield: "eu-central-1",
      connections: 20,
      health: "/healthz",
    },
  });
  assert.deepEqual(origin, {
    name: "site",
    host: "10.0.0.7",
    port: 8443,
    tls: { serverName: "origin.example.com", ca: PEM },
    serves: ["www.example.com", "example.com"],
    shield: "eu-central-1",
    connections: 20,
    health: "/healthz",
  });
});

test("TLS needs a name, and its keys need TLS", () => {
  assert.deepEqual(
    faults(
      (raw) =>
        (raw.origins = {
          a: { host: "10.0.0.7", port: 443 },
          b: { host: "b.example.com", port: 443, tls: "off", serverName: "b.example.com", ca: PEM },
          c: { host: "c.example.com", port: 443, ca: "ca.pem", tls: "unverified" },
        }),
    ),
    [
      "origins.a.serverName: is missing; the host 10.0.0.7 is an address, and a certificate is checked by name",
      "origins.b.ca: is only for an origin with TLS",
      "origins.b.serverName: is only for an origin with TLS",
      "origins.c.ca: is not a certificate in PEM",
      "origins.c.tls: is not a way to use TLS",
    ],
  );
});

test("a host has one origin, and a shield is a region of the stack with something to shield", () => {
  assert.deepEqual(
    faults(
      (raw) =>
        (raw.origins = {
          a: { host: "10.0.0.7", port: 80, serves: ["www.example.com"], shield: "eu-west-1" },
          b: { host: "10.0.0.8", port: 80, serves: ["www.example.com", "Example.com"] },
          c: { host: "10.0.0.9", port: 80, shield: "eu-central-1", health: "healthz", connections: 0 },
        }),
    ),
    [
      "origins.a.shield: is not a region of this stack",
      "origins.b.serves[0]: is also served by edge-fleet:origins.a",
      "origins.b.serves[1]: is not a host name",
      "origins.c.connections: is below the floor of 1",
      "origins.c.health: is not a path of letters, digits and . _ ~ - /",
      "origins.c.shield: is for an origin that serves hosts, and this one serves none",
    ],
  );
});
