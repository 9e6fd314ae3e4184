// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { packagesLock, planPackages, policyFile } from "./packagePlan.mjs";
import { describeProblem } from "./problem.mjs";
import { fleetPrograms, rowsOf, suitePrograms } from "./programs.mjs";

/** @type {import("./packagePlan.mjs").PackageFacts} */
const root = {
  missing: rowsOf(["haproxy", "varnish-modules"]),
  platform: "linux",
  apt: true,
  isRoot: true,
  sudo: "none",
  terminal: false,
  script: "/checkout/install-debian.sh",
};
const install = ["sh", "/checkout/install-debian.sh", policyFile, packagesLock, "haproxy", "varnish-modules"];

/** @param {Partial<import("./packagePlan.mjs").PackageFacts>} facts */
function messageOf(facts) {
  try {
    planPackages({ ...root, ...facts });
  } catch (error) {
    return describeProblem(error);
  }
  return assert.fail("a plan was made");
}

test("root installs only what is missing", () => {
  assert.deepEqual(planPackages(root), { unlock: undefined, command: install });
});

test("others go through sudo, which asks before anything runs and only where somebody can answer", () => {
  const user = { ...root, isRoot: false };
  assert.deepEqual(planPackages({ ...user, sudo: "ready" }), {
    unlock: undefined,
    command: ["sudo", "-n", ...install],
  });
  assert.deepEqual(planPackages({ ...user, sudo: "asks", terminal: true }), {
    unlock: ["sudo", "-v"],
    command: ["sudo", "-n", ...install],
  });
});

test("without root or a usable sudo the message has the command for root", () => {
  const remedy =
    /what to do: as root: apt-get update && apt-get install -y --no-install-recommends haproxy varnish-modules/;
  const none = messageOf({ isRoot: false, sudo: "none" });
  assert.match(none, /^missing: haproxy \(TLS, HTTP\/2, limits, failover\), varnish-modules \(/);
  assert.match(none, /why: +installing needs root, this user is not root, and there is no sudo/);
  assert.match(none, remedy);
  const asks = messageOf({ isRoot: false, sudo: "asks" });
  assert.match(asks, /sudo wants a password, and there is no terminal/);
  assert.match(asks, remedy);
});

test("macOS gets the Homebrew command, what Homebrew lacks, and the loopback addresses", () => {
  const message = messageOf({ platform: "darwin", apt: false, missing: fleetPrograms });
  assert.match(message, /what to do: brew install haproxy varnish /);
  assert.match(message, /varnish-modules && \.\/bootstrap/);
  assert.match(message, /xcode-select --install/);
  assert.match(message, /sudo ifconfig lo0 alias 127\.0\.1\.1/);
});

test("a Linux without apt is told the names to install", () => {
  assert.match(
    messageOf({ apt: false }),
    /no apt-get[\s\S]*package manager: haproxy varnish-modules \(Debian's names\)/,
  );
});

test("each row can be recognised, and brought on a system without apt", () => {
  const rows = [...fleetPrograms, ...suitePrograms];
  for (const row of rows) {
    assert.ok(row.program || row.files?.length, row.debian);
    assert.ok(row.brew || row.elsewhere, row.debian);
    assert.match(row.debian, /^[a-z0-9][a-z0-9+.-]+$/);
  }
  assert.equal(new Set(rows.map((row) => row.debian)).size, rows.length);
});

test("a package that the table lacks is refused with the known ones", () => {
  assert.throws(
    () => rowsOf(["wrk", "nope"]),
    /unknown package nope: known are haproxy, .*wrk.*tools\/setup\/programs\.mjs/,
  );
});
