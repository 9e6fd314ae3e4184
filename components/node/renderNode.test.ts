import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { describe, it, type TestContext } from "node:test";
import { rootCertificates } from "node:tls";
import type { OriginConfig } from "../config/fleetConfig.ts";
import { issueCertificate } from "../local/authority.ts";
import { programPath } from "../local/services.ts";
import { heldCertificate, peerName } from "./certificates.ts";
import { outSocket } from "./haproxy/out/destinations.ts";
import { policyFolder, policyMaps } from "./haproxy/policies/maps.ts";
import { CANONICAL_LAYOUT, folderStore, type NodeConfig, type NodeLayout } from "./nodeConfig.ts";
import { LONE_NODE } from "./nodeFixture.ts";
import { renderNode } from "./renderNode.ts";

/** Any certificate that a program can read. */
const AUTHORITY = rootCertificates[0] as string;
const GOLDEN = path.join(import.meta.dirname, "golden");
const PROGRAM_ENV = { PATH: programPath().join(path.delimiter) };

const PUBLIC_KEY = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
}).publicKey;

const NODE: NodeConfig = {
  ...LONE_NODE,
  size: { ...LONE_NODE.size, workers: 2 },
  siblings: [{ name: "eu-central-1-2", address: "127.1.1.2" }],
  regions: [
    { name: "us-east-1", host: "us-east-1.geo.edge.test" },
    { name: "ap-northeast-1", host: "ap-northeast-1.geo.edge.test" },
  ],
  resolver: { address: "127.0.1.254", port: 5300 },
  origins: [
    {
      name: "demo",
      host: "127.0.1.254",
      port: 9900,
      tls: null,
      serves: [],
      shield: null,
      connections: 100,
      health: null,
    },
    {
      name: "site",
      host: "10.0.0.7",
      port: 443,
      tls: { serverName: "origin.example.com", ca: null },
      serves: ["www.example.com"],
      shield: "us-east-1",
      connections: 20,
      health: "/healthz",
    },
  ],
  cache: { staticPaths: ["/assets/*", "/favicon.ico"] },
  postgres: [{ name: "orders", url: "orders-url", ca: null, tls: null, connections: 8 }],
  redis: [{ name: "sessions", url: "sessions-url", ca: "ca.pem", tls: "verify", prefix: "sessions:" }],
  issuers: [
    {
      name: "accounts",
      issuer: "https://accounts.example.com/",
      keys: [{ id: "2026-10", algorithm: "RS256", pem: PUBLIC_KEY, fingerprint: "0123456789abcdef" }],
      secret: null,
    },
    { name: "machines", issuer: "machines", keys: [], secret: "machines-key" },
  ],
  countryMap: true,
};

const SITE = NODE.origins[1] as OriginConfig;

const VARIANTS: Readonly<Record<string, NodeConfig>> = {
  "with a country map": NODE,
  "without a country map": { ...NODE, countryMap: false },
  alone: { ...NODE, siblings: [], regions: [], origins: [] },
  "with siblings and no other region": { ...NODE, regions: [], origins: [] },
  "with the system's own DNS": { ...NODE, resolver: null },
  "with an origin in clear, by name, without a health page": {
    ...NODE,
    origins: [{ ...SITE, host: "localhost", port: 80, tls: null, health: null, shield: null }],
  },
  "with an origin of an authority of its own": {
    ...NODE,
    origins: [{ ...SITE, host: "2001:db8::7", tls: { serverName: "origin.example.com", ca: AUTHORITY } }],
  },
  "behind a load balancer": { ...NODE, loadBalancers: ["10.1.0.0/20", "2001:db8::/56"] },
  "on the standard ports": { ...NODE, ports: { ...NODE.ports, https: 443, http: 80 } },
};

describe("renderNode", () => {
  for (const [name, text] of Object.entries(renderNode(NODE, CANONICAL_LAYOUT))) {
    if (name.endsWith(".pem")) continue;
    it(`renders ${name} as the golden file says`, (t) => {
      t.assert.fileSnapshot(text, path.join(GOLDEN, name), { serializers: [(value: string) => value] });
    });
  }

  for (const [variant, node] of Object.entries(VARIANTS)) {
    for (const file of ["haproxy.cfg", "judge.cfg"]) {
      it(`renders ${file} ${variant} so that HAProxy accepts it without a warning`, async (t) => {
        const layout = await writtenLayout(t, node);
        const { status, stdout, stderr } = spawnSync("haproxy", ["-c", "-f", `${layout.etc}/${file}`], {
          env: PROGRAM_ENV,
          encoding: "utf8",
        });
        assert.equal(status, 0, stderr);
        assert.doesNotMatch(`${stdout}${stderr}`, /WARNING|ALERT/);
      });
    }
  }

  for (const [variant, node] of Object.entries(VARIANTS)) {
    it(`renders an edge.vcl ${variant} that Varnish compiles`, async (t) => {
      const layout = await writtenLayout(t, node);
      // Varnish warns of backends whose sockets are not there when it compiles.
      for (const socket of [`${layout.run}/router.sock`, outSocket(layout)]) {
        const server = net.createServer().listen(socket);
        t.after(() => server.close());
        await new Promise((resolve) => server.once("listening", resolve));
      }
      execFileSync("varnishd", ["-j", "none", "-C", "-n", `${layout.run}/vcl`, "-f", `${layout.etc}/edge.vcl`], {
        env: PROGRAM_ENV,
        stdio: "pipe",
      });
    });
  }

  it("sends clients from HTTP to the port of HTTPS, leaving the standard one out", () => {
    const location = (node: NodeConfig) =>
      /redirect location (\S+)/.exec(renderNode(node, CANONICAL_LAYOUT)["haproxy.cfg"])?.[1];
    assert.equal(location(NODE), "https://%[var(txn.host),regsub(:[0-9]+$,)]:8443%[pathq]");
    assert.equal(
      location(VARIANTS["on the standard ports"] as NodeConfig),
      "https://%[var(txn.host),regsub(:[0-9]+$,)]%[pathq]",
    );
  });
});

/** The node's files in a folder of their own, with all that they refer to. */
async function writtenLayout(t: TestContext, node: NodeConfig): Promise<NodeLayout> {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), "edge-render-"));
  t.after(() => fs.rmSync(root, { recursive: true }));
  const layout: NodeLayout = {
    etc: `${root}/etc`,
    run: `${root}/run`,
    commands: `${root}/commands`,
    workers: `${root}/run/runner`,
    data: `${root}/data`,
    certificate: `${root}/certificates/fleet.pem`,
    peers: { certificate: `${root}/certificates/peers.pem`, authority: `${root}/certificates/peers-ca.pem` },
    secrets: `${root}/secrets`,
    sealed: { folder: `${root}/sealed`, keyFile: `${root}/sealed.key` },
    store: folderStore(`${root}/store`),
    releaseKeys: `${root}/release.pub`,
    releaseSigner: null,
  };
  fs.mkdirSync(layout.etc);
  fs.mkdirSync(layout.run);
  for (const [name, text] of Object.entries(renderNode(node, layout))) fs.writeFileSync(`${layout.etc}/${name}`, text);
  fs.mkdirSync(policyFolder(layout), { recursive: true });
  for (const file of Object.values(policyMaps(layout))) fs.writeFileSync(file, "");
  fs.writeFileSync(`${layout.etc}/countries.map`, "127.0.2.0/24 JP\n");
  await issueCertificate({
    names: [node.domain],
    addresses: [node.address],
    authorityFile: `${root}/certificates/ca.pem`,
    certificateFile: heldCertificate(layout, "fleet"),
  });
  await issueCertificate({
    names: [peerName(node.domain)],
    addresses: [],
    authorityFile: layout.peers.authority,
    certificateFile: heldCertificate(layout, "peers"),
    forClients: true,
  });
  return layout;
}
