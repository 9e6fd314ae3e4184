// @ts-check
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, watch, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { scratchDir, writePrograms } from "./fakes.mjs";

/** install-debian.sh against stand-ins for apt-get, dpkg-query and systemctl: nothing is installed. */

const script = fileURLToPath(new URL("install-debian.sh", import.meta.url));
/** An apt-get that says it has begun, and ends when the file go-on is there, or with the test. */
const untilToldToGoOn = `dir="\${0%/bin/*}"; touch "$dir/begun"; while [ -e "$dir/begun" ] && [ ! -e "$dir/go-on" ]; do sleep 0.05; done`;

const skip = process.platform !== "linux" && "needs flock and /proc";

/**
 * A machine on which `daemon` can be installed and `owned` already is; both bring a service.
 * @param {import("node:test").TestContext} t
 * @param {{ aptInstall?: string }} [options] shell commands that stand for `apt-get install`
 */
function machine(t, { aptInstall = "" } = {}) {
  const dir = scratchDir(t);
  const bin = join(dir, "bin");
  mkdirSync(bin);
  const policy = join(dir, "policy-rc.d");
  writePrograms(bin, {
    "apt-get": `
      echo "$@" >> ${dir}/apt
      case "$*" in *update*) exit 0 ;; esac
      [ -x ${policy} ] && { ${policy}; echo "policy says $?" >> ${dir}/apt; }
      ${aptInstall}
      touch ${dir}/daemon.installed`,
    "dpkg-query": `
      case "$*" in
      "-L daemon") printf '/lib/systemd/system\\n/lib/systemd/system/daemon.service\\n/lib/systemd/system/daemon@.service\\n/usr/sbin/daemon\\n' ;;
      "-L owned") echo /lib/systemd/system/owned.service ;;
      *daemon) [ -e ${dir}/daemon.installed ] && echo installed ;;
      *owned) echo installed ;;
      esac`,
    systemctl: `echo "$@" >> ${dir}/systemctl`,
  });
  const start = (/** @type {string[]} */ ...packages) =>
    spawn("sh", [script, policy, join(dir, "lock"), ...packages], {
      env: { PATH: `${bin}:/usr/bin:/bin` },
      stdio: "ignore",
    });
  const read = (/** @type {string} */ name) =>
    existsSync(join(dir, name)) ? readFileSync(join(dir, name), "utf8") : "";
  return { dir, policy, start, read };
}

/** @param {import("node:child_process").ChildProcess} child */
const exit = async (child) => (await once(child, "exit"))[0];

test("services are kept from starting while it installs, disabled after, and the policy is gone", {
  skip,
}, async (t) => {
  const { policy, start, read } = machine(t);
  assert.equal(await exit(start("daemon", "owned")), 0);
  assert.match(read("apt"), /policy says 101/);
  assert.equal(existsSync(policy), false);
  const disabled = read("systemctl")
    .split("\n")
    .filter((line) => line.startsWith("disable"));
  assert.deepEqual(disabled, ["disable daemon.service"], "neither a template unit nor what the owner had before");
});

test("a policy of the machine's owner is left as it is", { skip }, async (t) => {
  const { policy, start, read } = machine(t);
  writeFileSync(policy, "#!/bin/sh\nexit 104\n", { mode: 0o755 });
  assert.equal(await exit(start("daemon")), 0);
  assert.match(read("apt"), /policy says 104/);
  assert.equal(readFileSync(policy, "utf8"), "#!/bin/sh\nexit 104\n");
});

test("when apt-get fails, lists are fetched and it tries again; the second failure counts and the policy is gone", {
  skip,
}, async (t) => {
  const { policy, start, read } = machine(t, { aptInstall: "exit 100" });
  assert.equal(await exit(start("daemon")), 100);
  assert.match(read("apt"), /update\n.* install [^\n]*daemon\npolicy says 101\n$/);
  assert.equal(existsSync(policy), false);
  assert.equal(read("systemctl"), "");
});

test("a signal in the middle lets the package manager end, then removes the policy and disables what came", {
  skip,
  timeout: 20_000,
}, async (t) => {
  const { dir, policy, start, read } = machine(t, { aptInstall: untilToldToGoOn });
  const begun = appears(dir, "begun");
  const child = start("daemon");
  await begun;
  child.kill("SIGTERM");
  writeFileSync(join(dir, "go-on"), "");
  assert.equal(await exit(child), 143);
  assert.equal(existsSync(policy), false);
  assert.match(read("systemctl"), /^disable daemon\.service$/m);
});

test("a policy that a killed set-up left behind allows services again, and goes with the next one", {
  skip,
  timeout: 20_000,
}, async (t) => {
  const { dir, policy, start, read } = machine(t, { aptInstall: untilToldToGoOn });
  const begun = appears(dir, "begun");
  const child = start("daemon");
  await begun;
  child.kill("SIGKILL");
  await once(child, "exit");
  assert.equal(await exit(spawn("sh", [policy], { stdio: "ignore" })), 0, "what it left behind allows a start");

  // The orphaned package manager holds the lock until it ends; only then the next set-up begins.
  writeFileSync(join(dir, "go-on"), "");
  assert.equal(await exit(start("daemon")), 0);
  assert.match(read("apt"), /policy says 101\n.*\npolicy says 101\n$/, "a new one was in force");
  assert.equal(existsSync(policy), false);
});

/**
 * @param {string} dir
 * @param {string} file
 */
function appears(dir, file) {
  return new Promise((resolve) => {
    const watcher = watch(dir, (_, name) => {
      if (name !== file) return;
      watcher.close();
      resolve(undefined);
    });
  });
}
