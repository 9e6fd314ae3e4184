import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { writeFileSync } from "node:fs";
import { after, before, it } from "node:test";
import { certificatesConfig } from "../../components/node/certificates.ts";
import { until } from "../../runner/runnerFixture.ts";
import { AcmeServer } from "./acmeServer.ts";
import { CertificateAgent } from "./certificateAgent.ts";
import { toDoor } from "./clients.ts";
import { TestNode } from "./testNode.ts";

const node = new TestNode();
const agent = new CertificateAgent();
const acme = new AcmeServer(["*.edge.test", "edge.test"]);

before(async () => {
  await acme.start();
  await node.start({ any: { code: "export default { fetch: () => new Response('served') };", routes: ["/*"] } });
  await agent.start(node);
});
after(async () => {
  agent.stop();
  acme.stop();
  await node[Symbol.asyncDispose]();
});

it("certificates of an ACME server are shown with their chain, renewed while HAProxy runs, and an alarm is raised when one is revoked", async () => {
  const first = await comes(await acme.issue());
  for (const servername of ["edge.test", "any.edge.test"]) {
    const socket = await toDoor(node, { servername, ca: await acme.root() });
    assert.equal(socket.authorized, true, "the chain does not lead to the root");
    socket.destroy();
  }

  const second = await comes(await acme.renew());
  assert.notEqual(second.serialNumber, first.serialNumber);
  assert.equal(await agent.alarm(), 0);

  assert.equal(await acme.revoke(second.serialNumber), "Revoked");
  writeFileSync(certificatesConfig(node.config, node.layout).revoked, `${second.serialNumber}\n`);
  await until("an alarm is raised", async () => (await agent.alarm()) === 1);
  assert.equal(await agent.refusals("ERR_CERTIFICATE_REVOKED"), 1);

  await comes(await acme.renew());
  await until("the alarm is over", async () => (await agent.alarm()) === 0);
});

/** What is issued lies where the agent looks, and is shown to clients. */
async function comes(pem: string): Promise<X509Certificate> {
  const certificate = new X509Certificate(pem);
  writeFileSync(node.layout.certificate, pem);
  await until("the certificate is shown", async () => (await shown()) === certificate.serialNumber);
  return certificate;
}

async function shown(): Promise<string | undefined> {
  const socket = await toDoor(node, { rejectUnauthorized: false });
  const { serialNumber } = socket.getPeerX509Certificate() ?? {};
  socket.destroy();
  return serialNumber;
}
