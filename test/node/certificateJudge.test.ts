import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { issueCertificate } from "../../components/local/authority.ts";
import type { CertificateError } from "../../runner/agent/certificates/certificateError.ts";
import { judge, serialOf } from "../../runner/agent/certificates/judge.ts";
import { readBundle } from "../../runner/agent/certificates/pem.ts";
import { scratchFolder } from "../../runner/release/fixtures.ts";

const NAMES = ["edge.test", "*.edge.test"];
const DAY_MS = 24 * 60 * 60 * 1_000;

async function issued(t: TestContext, names: readonly string[] = NAMES) {
  const dir = await scratchFolder(t);
  const files = { authorityFile: join(dir, "ca.pem"), certificateFile: join(dir, "fleet.pem") };
  await issueCertificate({ names, addresses: [], ...files });
  return readFileSync(files.certificateFile, "utf8");
}

function faultOf(pem: string, change: Partial<Parameters<typeof judge>[1]> = {}): string | null {
  try {
    judge(readBundle(pem), { names: NAMES, revoked: new Set(), nowMs: Date.now(), ...change });
    return null;
  } catch (error) {
    return `${(error as CertificateError).code} ${(error as Error).message}`;
  }
}

const blocks = (pem: string) => pem.match(/-----BEGIN[\s\S]+?-----END [A-Z ]+-----\n/g) ?? [];

test("a certificate with its chain, its key and its names is fit", async (t) => {
  assert.equal(faultOf(await issued(t)), null);
});

test("one that has ended, or has not begun, is not", async (t) => {
  const pem = await issued(t);
  assert.match(
    faultOf(pem, { nowMs: Date.now() + 400 * DAY_MS }) ?? "",
    /^ERR_CERTIFICATE_EXPIRED CN=edge\.test ended at 20/,
  );
  assert.match(
    faultOf(pem, { nowMs: Date.now() - 2 * DAY_MS }) ?? "",
    /^ERR_CERTIFICATE_EARLY CN=edge\.test begins at 20/,
  );
});

test("nor is one for other names, one with another's key, or one behind another's authority", async (t) => {
  assert.match(faultOf(await issued(t, ["edge.test"])) ?? "", /^ERR_CERTIFICATE_NAMES .*\*\.edge\.test/);
  const [certificate = "", authority = ""] = blocks(await issued(t));
  const [, otherAuthority = "", otherKey = ""] = blocks(await issued(t));
  assert.match(faultOf(`${certificate}${authority}${otherKey}`) ?? "", /^ERR_CERTIFICATE_KEY /);
  const [, , key = ""] = blocks(await issued(t));
  assert.match(faultOf(`${certificate}${authority}${key}`) ?? "", /^ERR_CERTIFICATE_KEY /);
  const own = await issued(t);
  const [leaf = "", , ownKey = ""] = blocks(own);
  assert.match(faultOf(`${leaf}${otherAuthority}${ownKey}`) ?? "", /^ERR_CERTIFICATE_CHAIN /);
});

test("nor is a revoked one, however its serial number is written", async (t) => {
  const pem = await issued(t);
  const { serialNumber } = readBundle(pem).leaf;
  const colons = `00:${serialNumber.toLowerCase().match(/../g)?.join(":")}`;
  assert.match(faultOf(pem, { revoked: new Set([serialOf(colons)]) }) ?? "", /^ERR_CERTIFICATE_REVOKED /);
  assert.equal(faultOf(pem, { revoked: new Set(["1234"]) }), null);
});

test("what is no certificate with one key cannot be read", async (t) => {
  const [certificate = "", authority = "", key = ""] = blocks(await issued(t));
  const broken = certificate.replace(/[A-Za-z0-9]{20}\n/, "A\n");
  const large = `${certificate}${key}${"x".repeat(70_000)}`;
  for (const text of ["", "hello", certificate + authority, key, certificate + key + key, broken + key, large]) {
    assert.match(faultOf(text) ?? "", /^ERR_CERTIFICATE_UNREADABLE the file /);
  }
});

test("a bundle is written without what stood between its parts", async (t) => {
  const pem = await issued(t);
  const { text } = readBundle(`# issued today\r\n${pem.replaceAll("\n", "\r\n\r\n")}subject=CN\n`);
  assert.equal(text, blocks(pem).join(""));
});
