import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { it } from "node:test";
import { certificateEnd, issueCertificate } from "./authority.ts";

it("issues certificates for names and addresses, all of one authority, with keys that only the owner reads", async (t) => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), "edge-authority-"));
  t.after(() => fs.rmSync(dir, { recursive: true }));
  const files = { authorityFile: `${dir}/certificates/ca.pem`, certificateFile: `${dir}/certificates/fleet.pem` };
  await issueCertificate({ names: ["edge.test", "*.edge.test"], addresses: ["127.0.1.1"], ...files });
  const authority = fs.readFileSync(files.authorityFile, "utf8");
  await issueCertificate({ names: ["edge.test", "*.edge.test"], addresses: ["127.0.1.1", "127.0.1.2"], ...files });
  assert.equal(fs.readFileSync(files.authorityFile, "utf8"), authority, "the authority stays");

  const certificate = new X509Certificate(fs.readFileSync(files.certificateFile));
  assert.ok(certificate.verify(new X509Certificate(authority).publicKey));
  assert.ok(certificate.checkHost("edge.test"));
  assert.ok(certificate.checkHost("api.edge.test"));
  assert.ok(certificate.checkIP("127.0.1.2"));
  assert.ok(!certificate.checkHost("other.test"));
  assert.ok((certificateEnd(files.certificateFile)?.getTime() ?? 0) > Date.now());
  for (const name of fs.readdirSync(`${dir}/certificates`)) {
    assert.equal(fs.statSync(`${dir}/certificates/${name}`).mode & 0o077, 0, `${name} is readable by others`);
  }
});
