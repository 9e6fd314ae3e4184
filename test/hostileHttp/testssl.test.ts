import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, it } from "node:test";
import { ensurePackages } from "../../tools/setup/ensurePackages.mjs";
import { TestNode } from "../node/testNode.ts";

interface Finding {
  readonly id: string;
  readonly severity: string;
  readonly finding: string;
}

/** What a certificate of our own authority lacks. */
const OWN_AUTHORITY = ["cert_revocation", "cert_chain_of_trust"];
const node = new TestNode();

before(async () => {
  await ensurePackages(["testssl.sh"]);
  // Headers such as this one are a function's, or a policy's.
  const code =
    "export default { fetch: () => new Response('x', { headers: { 'x-content-type-options': 'nosniff' } }) };";
  await node.start({ any: { code, routes: ["/*"] } });
});
after(() => node[Symbol.asyncDispose]());

it("testssl.sh finds nothing of MEDIUM or above, save what our own authority causes", async () => {
  const { address, ports } = node.config;
  const report = join(node.layout.run, "testssl.json");
  const authority = join(node.layout.run, "certificates/ca.pem");
  const args = ["--quiet", "--warnings", "off", "--color", "0", "--nodns", "none", "--add-ca", authority];
  await new Promise((resolve) =>
    execFile("testssl", [...args, "--jsonfile", report, `${address}:${ports.https}`], { maxBuffer: 1 << 24 }, resolve),
  );
  const findings: Finding[] = JSON.parse(readFileSync(report, "utf8"));
  assert.ok(findings.length > 100, `only ${findings.length} findings: testssl.sh did not come to its end`);
  const severe = findings.filter(({ severity }) => ["MEDIUM", "HIGH", "CRITICAL", "FATAL"].includes(severity));
  assert.deepEqual(
    severe.filter(({ id }) => !OWN_AUTHORITY.includes(id)),
    [],
  );
});
