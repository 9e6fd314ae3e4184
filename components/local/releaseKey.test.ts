import assert from "node:assert/strict";
import fs from "node:fs";
import { test } from "node:test";
import { scratchFolder } from "@edge-fleet/runner/release/fixtures";
import { requireSignature, signed } from "@edge-fleet/runner/release/signature";
import { readReleaseKey, releaseKey } from "./releaseKey.ts";
import { statePaths } from "./stateDir.ts";

test("a local fleet has one release key, which its user alone can read", async (t) => {
  const root = await scratchFolder(t);
  assert.equal(readReleaseKey(root), null);
  const made = releaseKey(root);
  assert.deepEqual(made.keys, [], "what is there unsigned is believed once");
  const { releaseSigner, releaseKeys } = statePaths(root);
  assert.equal(fs.statSync(releaseSigner).mode & 0o777, 0o600);
  assert.match(fs.readFileSync(releaseKeys, "utf8"), /^-----BEGIN PUBLIC KEY-----/);
  const again = releaseKey(root);
  requireSignature(signed({ generation: 1 }, made.signer), { keys: again.keys, where: "current" });
  fs.writeFileSync(releaseKeys, "nonsense");
  assert.throws(() => releaseKey(root), /release\.pub has no public key in PEM/);
});
