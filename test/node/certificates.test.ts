import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { issueCertificate } from "../../components/local/authority.ts";
import { certificatesConfig, heldCertificate } from "../../components/node/certificates.ts";
import { until } from "../../runner/runnerFixture.ts";
import { CertificateAgent } from "./certificateAgent.ts";
import { toDoor } from "./clients.ts";
import { exchange } from "./rawExchange.ts";
import { TestNode } from "./testNode.ts";

const DAY_MS = 24 * 60 * 60 * 1_000;
const node = new TestNode();
const { layout, config } = node;
const authorityFile = join(layout.run, "certificates/ca.pem");
const revokedFile = certificatesConfig(config, layout).revoked;
const NAMES = [config.domain, `*.${config.domain}`];
const agent = new CertificateAgent();

/** Issues a certificate to where the agent looks. */
async function issue({ names = NAMES, now = new Date() } = {}): Promise<X509Certificate> {
  await issueCertificate({ names, addresses: [], authorityFile, certificateFile: layout.certificate }, now);
  return new X509Certificate(readFileSync(layout.certificate));
}

/** One that lies elsewhere yet: PEM. */
async function prepared(): Promise<string> {
  const certificateFile = join(layout.run, "prepared.pem");
  await issueCertificate({ names: NAMES, addresses: [], authorityFile, certificateFile });
  return readFileSync(certificateFile, "utf8");
}

async function shown(servername = config.domain): Promise<string> {
  const socket = await toDoor(node, { servername, rejectUnauthorized: false });
  const { serialNumber } = socket.getPeerX509Certificate() as X509Certificate;
  socket.destroy();
  return serialNumber;
}

const isShown = (certificate: X509Certificate) =>
  until("the certificate is shown", async () => (await shown()) === certificate.serialNumber);

before(async () => {
  await node.start({ any: { code: "export default { fetch: () => new Response('served') };", routes: ["/*"] } });
  await agent.start(node);
});
after(async () => {
  agent.stop();
  await node[Symbol.asyncDispose]();
});

describe("a certificate that comes", () => {
  it("is shown from the next handshake on, while connections and their requests go on", async () => {
    const old = await shown();
    const socket = await toDoor(node);
    const certificate = await issue();
    await isShown(certificate);
    assert.notEqual(old, certificate.serialNumber);
    const { answers } = await exchange(socket, "GET / HTTP/1.1\r\nHost: edge.test\r\n\r\n");
    assert.deepEqual([answers[0]?.status, answers[0]?.body], [200, "served"]);
  });

  it("is for every name of the domain", async () => {
    const certificate = await issue();
    await isShown(certificate);
    const socket = await toDoor(node, { servername: "anything.edge.test" });
    assert.equal(socket.authorized, true);
    socket.destroy();
  });

  it("is what HAProxy starts with, too", async () => {
    const certificate = await issue();
    await isShown(certificate);
    const held = () => new X509Certificate(readFileSync(heldCertificate(layout, "fleet"))).serialNumber;
    await until("it is held", async () => held() === certificate.serialNumber);
    await node.restartHaproxy();
    assert.equal(await shown(), certificate.serialNumber);
  });
});

/** What comes, and why it is not taken. */
const UNFIT: Readonly<Record<string, readonly [code: string, come: () => Promise<unknown>]>> = {
  "one that has ended": ["ERR_CERTIFICATE_EXPIRED", () => issue({ now: new Date(Date.now() - 500 * DAY_MS) })],
  "one that has not begun": ["ERR_CERTIFICATE_EARLY", () => issue({ now: new Date(Date.now() + 10 * DAY_MS) })],
  "one without the wildcard": ["ERR_CERTIFICATE_NAMES", () => issue({ names: [config.domain] })],
  "none at all": ["ERR_CERTIFICATE_MISSING", async () => rmSync(layout.certificate)],
  "half a file": [
    "ERR_CERTIFICATE_UNREADABLE",
    async () => {
      writeFileSync(layout.certificate, (await prepared()).slice(0, 700));
    },
  ],
  "one whose key does not fit": [
    "ERR_CERTIFICATE_KEY",
    async () => {
      const [, , key] = (await prepared()).split(/(?=-----BEGIN)/);
      const [certificate, issuer] = (await prepared()).split(/(?=-----BEGIN)/);
      writeFileSync(layout.certificate, `${certificate}${issuer}${key}`);
    },
  ],
  "one that is revoked": [
    "ERR_CERTIFICATE_REVOKED",
    async () => {
      const text = await prepared();
      writeFileSync(revokedFile, `${new X509Certificate(text).serialNumber}\n`);
      writeFileSync(layout.certificate, text);
    },
  ],
};

describe("a certificate that is not fit is not shown, the old one is kept, and an alarm is raised:", () => {
  for (const [what, [code, come]] of Object.entries(UNFIT)) {
    it(what, async () => {
      const good = await issue();
      await isShown(good);
      await until("there is no alarm", async () => (await agent.alarm()) === 0);
      const refusals = await agent.refusals(code);
      await come();
      await until(
        "an alarm is raised",
        async () => (await agent.alarm()) === 1 && (await agent.refusals(code)) === refusals + 1,
      );
      assert.equal(await shown(), good.serialNumber);
      const later = await issue();
      await isShown(later);
      await until("the alarm is over", async () => (await agent.alarm()) === 0);
    });
  }
});

describe("a certificate in service", () => {
  it("that is revoked raises an alarm and stays until another one comes", async () => {
    const certificate = await issue();
    await isShown(certificate);
    writeFileSync(revokedFile, `# serial numbers\n${certificate.serialNumber.toLowerCase()}\n`);
    await until("an alarm is raised", async () => (await agent.alarm()) === 1);
    assert.equal(await shown(), certificate.serialNumber);
    await isShown(await issue());
    await until("the alarm is over", async () => (await agent.alarm()) === 0);
  });

  it("tells when it ends", async () => {
    const certificate = await issue();
    await isShown(certificate);
    const end = certificate.validToDate.getTime() / 1_000;
    await until("the end is told", async () => {
      return (
        (await agent.metrics()).sum("edge_agent_certificate_end_timestamp_seconds", { certificate: "fleet" }) === end
      );
    });
  });
});
