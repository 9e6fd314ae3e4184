/** Certificates of Secrets Manager, from an author's change to what a running HAProxy shows and believes, against a moto server. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import tls from "node:tls";
import { CreateSecretCommand, PutSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { issueCertificate } from "../../components/local/authority.ts";
import { programPath } from "../../components/local/services.ts";
import { certificateSecrets, certificatesConfig } from "../../components/node/certificates.ts";
import { CANONICAL_LAYOUT } from "../../components/node/nodeConfig.ts";
import { LONE_NODE } from "../../components/node/nodeFixture.ts";
import { Certificates } from "../../runner/agent/certificates/certificates.ts";
import type { ManagedConfig } from "../../runner/agent/certificates/config.ts";
import { ManagedCertificates } from "../../runner/agent/certificates/managedCertificates.ts";
import { AgentMetrics } from "../../runner/agent/metrics.ts";
import { MetricsText } from "../../runner/metricsText.ts";
import { scratchFolder } from "../../runner/release/fixtures.ts";
import { until } from "../../runner/runnerFixture.ts";
import { REGION } from "./moto.ts";
import { s3Fixture } from "./s3Fixture.ts";

const HOME = "us-east-1";
const SECRETS = certificateSecrets("edge/test/certificate");
const NAMES = { fleet: ["edge.test", "*.edge.test"], peers: ["peers.edge.test"] };
const { home } = s3Fixture({ hasSecrets: true });

/** Answers what the nearest region is asked; null: as moto does. */
function nearestAnswers(fault: { status: number; code: string } | null): void {
  home.fault = ({ headers }) =>
    fault !== null && headers.authorization?.includes(`/${REGION}/`) ? { kind: "status", ...fault } : null;
}

describe("certificates of Secrets Manager", () => {
  let dir = "";
  let issued = "";
  let layout = CANONICAL_LAYOUT;
  let haproxy: ChildProcess | undefined;
  let clients: Record<string, SecretsManagerClient> = {};
  const logged: string[] = [];
  const metrics = new AgentMetrics();
  let bring: () => Promise<void>;
  const ends: (() => unknown)[] = [];

  /** A certificate of its authority: PEM with the authority and the key, as the secret has it. */
  async function issue(what: "fleet" | "peers", authority: string = what, now = new Date()): Promise<string> {
    const certificateFile = join(issued, `${what}.pem`);
    const authorityFile = join(issued, `${authority}/ca.pem`);
    mkdirSync(join(issued, authority), { recursive: true });
    await issueCertificate(
      { names: NAMES[what], addresses: [], authorityFile, certificateFile, forClients: true },
      now,
    );
    return readFileSync(certificateFile, "utf8");
  }

  async function set(what: "fleet" | "peers", text: string): Promise<void> {
    for (const client of Object.values(clients)) {
      const put = new PutSecretValueCommand({ SecretId: SECRETS[what], SecretString: text });
      await client
        .send(put)
        .catch(() => client.send(new CreateSecretCommand({ Name: SECRETS[what], SecretString: text })));
    }
  }

  const sum = (name: string, labels: Readonly<Record<string, string>> = {}) =>
    new MetricsText(`${metrics}`).sum(name, labels);
  const serialOf = (pem: string) => new X509Certificate(pem).serialNumber;

  /** Serial number of what HAProxy shows; a client that shows `pem` itself has been believed. */
  function shown(what: "fleet" | "peers", pem?: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const own = pem === undefined ? {} : { cert: pem, key: pem };
      const socket = tls.connect({
        ...{ path: join(dir, `${what}.sock`), servername: NAMES[what][0], rejectUnauthorized: false, ...own },
      });
      socket.on("error", reject);
      // With TLS 1.3 a server that does not believe its client says so after the handshake.
      socket.once("data", () => {
        resolve(socket.getPeerX509Certificate()?.serialNumber ?? "");
        socket.destroy();
      });
      socket.on("end", () => reject(new Error("it ended")));
      socket.write("GET / HTTP/1.0\r\n\r\n");
    });
  }

  before(async () => {
    dir = await scratchFolder({ after: (end: () => unknown) => ends.push(end) } as never);
    issued = join(dir, "issued");
    const at = (file: string) => join(dir, file);
    layout = {
      ...{ ...CANONICAL_LAYOUT, run: dir, commands: at("commands"), data: at("data") },
      certificate: at("certificates/fleet.pem"),
      peers: { certificate: at("certificates/peers.pem"), authority: at("certificates/peers-ca.pem") },
    };
    clients = Object.fromEntries(
      [HOME, REGION].map((region) => [region, new SecretsManagerClient({ region, endpoint: home.endpoint })]),
    );
    const cloud = { group: "edge-test", home: HOME, certificateSecrets: SECRETS, secretPrefix: "edge-fleet/test/" };
    const config = certificatesConfig({ ...LONE_NODE, region: REGION, cloud }, layout);
    const log = (...line: unknown[]) => logged.push(JSON.stringify(line));
    const managed = { ...(config.managed as ManagedConfig), endpoint: home.endpoint };
    assert.deepEqual(managed.regions, [REGION, HOME]);
    const fetching = new ManagedCertificates({ managed, metrics, log });
    const certificates = new Certificates({ config, metrics, log });
    bring = async () => {
      await fetching.fetch();
      await certificates.look();
    };
  });
  after(async () => {
    await stop();
    for (const client of Object.values(clients)) client.destroy();
    for (const end of ends) await end();
  });

  async function stop(): Promise<void> {
    if (haproxy === undefined) return;
    const ended = once(haproxy, "exit");
    haproxy.kill("SIGKILL");
    await ended;
    haproxy = undefined;
  }

  /** A HAProxy with the doors' certificates as they are rendered for a node. */
  async function start(): Promise<void> {
    const held = (name: string) => join(layout.data, `certificates/held/${name}.pem`);
    const socket = certificatesConfig(LONE_NODE, layout).haproxy;
    mkdirSync(join(socket, ".."), { recursive: true });
    const file = join(dir, "haproxy.cfg");
    writeFileSync(
      file,
      `global
  stats socket ${socket} mode 600 level admin
defaults
  mode http
  timeout client 5s
frontend fleet
  bind unix@${dir}/fleet.sock ssl crt ${held("fleet")}
  http-request return status 200
frontend peers
  bind unix@${dir}/peers.sock ssl crt ${held("peers")} ca-file ${layout.peers.authority} verify required
  http-request return status 200
`,
    );
    haproxy = spawn("haproxy", ["-db", "-f", file], { stdio: "ignore", env: { PATH: programPath().join(":") } });
    await until("HAProxy answers", async () => (await shown("fleet").catch(() => "")) !== "", 30_000);
  }

  test("are where HAProxy starts from, of the nearest region, the nodes' with their authority apart", async () => {
    const [fleet, peers] = [await issue("fleet"), await issue("peers")];
    await set("fleet", fleet);
    await set("peers", peers);
    home.seen.length = 0;
    await bring();
    assert.equal(home.seen.filter(({ headers }) => headers.authorization?.includes(`/${HOME}/`)).length, 0);
    await start();
    assert.equal(await shown("fleet"), serialOf(fleet));
    assert.equal(await shown("peers", peers), serialOf(peers));
    assert.equal(
      serialOf(readFileSync(layout.peers.authority, "utf8")),
      serialOf(peers.slice(peers.indexOf("-----BEGIN", 1))),
    );
    assert.notEqual(sum("edge_agent_certificate_fetch_timestamp_seconds"), 0);
  });

  test("that change are shown by the running HAProxy, to clients and to nodes", async () => {
    const [fleet, peers] = [await issue("fleet"), await issue("peers")];
    await set("fleet", fleet);
    await set("peers", peers);
    await bring();
    assert.equal(await shown("fleet"), serialOf(fleet));
    assert.equal(await shown("peers", peers), serialOf(peers));
  });

  test("of a further authority are believed by a HAProxy that starts", async () => {
    const old = await issue("peers");
    const other = await issue("peers", "other");
    const authority = old.slice(old.indexOf("-----BEGIN", 1), old.indexOf("-----BEGIN PRIVATE"));
    await set("peers", `${other}${authority}`);
    await bring();
    await stop();
    await start();
    for (const believed of [old, other]) assert.equal(await shown("peers", believed), serialOf(other));
  });

  test("come from home when the nearest region has none, or is away", async () => {
    for (const [status, code, reason] of [
      [400, "ResourceNotFoundException", "missing"],
      [503, "InternalServiceError", "away"],
    ] as const) {
      const fleet = await issue("fleet");
      await set("fleet", fleet);
      nearestAnswers({ status, code });
      await bring();
      nearestAnswers(null);
      assert.equal(await shown("fleet"), serialOf(fleet));
      assert.equal(sum("edge_agent_certificate_fetch_errors_total", { reason }), 2, "of each secret");
    }
  });

  test("that are not fit, or that nobody gives, leave the node with what it has, and raise the alarm", async () => {
    const good = await shown("fleet");
    await set("fleet", await issue("fleet", "fleet", new Date(Date.now() - 400 * 86_400_000)));
    await bring();
    assert.equal(sum("edge_agent_certificate_alarm", { certificate: "fleet" }), 1);
    await set(
      "peers",
      (await issue("peers")).replace(
        /(?<=END CERTIFICATE-----\s)-----BEGIN CERTIFICATE[^-]*-----[^-]*-----END CERTIFICATE-----/,
        "",
      ),
    );
    await bring();
    assert.equal(sum("edge_agent_certificate_refusals_total", { reason: "ERR_CERTIFICATE_CHAIN" }), 1);
    assert.ok(existsSync(layout.peers.authority));
    home.fault = () => ({ kind: "status", status: 400, code: "AccessDeniedException" });
    await bring();
    home.fault = () => null;
    assert.equal(sum("edge_agent_certificate_fetch_errors_total", { reason: "denied" }), 4);
    assert.equal(await shown("fleet"), good);

    const fleet = await issue("fleet");
    await set("fleet", fleet);
    await bring();
    assert.equal(await shown("fleet"), serialOf(fleet));
    assert.equal(sum("edge_agent_certificate_alarm", { certificate: "fleet" }), 0);
    assert.doesNotMatch(logged.join("\n"), /PRIVATE KEY|BEGIN CERT/);
  });
});
