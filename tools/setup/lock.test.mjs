// @ts-check
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { takeLock } from "./lock.mjs";
import { Interrupted } from "./problem.mjs";

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "edge-lock-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

test("of many contenders in several processes one at a time owns the lock", async () => {
  // Each holder makes a folder that must not exist yet: a second holder at the same time would fail to.
  const code = `
    import { mkdirSync, rmdirSync } from "node:fs";
    import { setImmediate as turn } from "node:timers/promises";
    import { takeLock } from ${JSON.stringify(new URL("lock.mjs", import.meta.url).href)};
    await Promise.all(Array.from({ length: 3 }, async () => {
      const giveBack = await takeLock(${JSON.stringify(join(dir, "lock"))});
      mkdirSync(${JSON.stringify(join(dir, "held"))});
      for (let i = 0; i < 20; i++) await turn();
      rmdirSync(${JSON.stringify(join(dir, "held"))});
      giveBack();
    }));`;
  const children = Array.from({ length: 3 }, () =>
    spawn(process.execPath, ["--input-type=module", "-e", code], { stdio: ["ignore", "ignore", "inherit"] }),
  );
  const codes = await Promise.all(children.map(async (child) => (await once(child, "exit"))[0]));
  assert.deepEqual(codes, [0, 0, 0]);
  assert.deepEqual(readdirSync(join(dir, "lock")), []);
});

test("the lock of a process that is gone is taken over", async () => {
  const gone = spawnSync(process.execPath, ["-e", ""]);
  mkdirSync(join(dir, "lock"));
  writeFileSync(join(dir, "lock", `${gone.pid}-1-abcdef01`), "");
  const waits = /** @type {number[]} */ ([]);
  const giveBack = await takeLock(join(dir, "lock"), { onWait: (pid) => waits.push(pid) });
  assert.deepEqual(waits, []);
  giveBack();
  assert.deepEqual(readdirSync(join(dir, "lock")), []);
});

test("a later process with the same id does not keep a dead one's lock", {
  skip: process.platform !== "linux" && "needs /proc",
}, async () => {
  mkdirSync(join(dir, "lock"));
  // Our own id, but a start before the machine's boot.
  writeFileSync(join(dir, "lock", `${process.pid}-0-abcdef01`), "");
  (await takeLock(join(dir, "lock")))();
});

test("who waits is told for whom, and can be interrupted", async () => {
  const giveBack = await takeLock(join(dir, "lock"));
  const stop = new AbortController();
  const waiting = takeLock(join(dir, "lock"), {
    signal: stop.signal,
    onWait: (pid) => {
      assert.equal(pid, process.pid);
      stop.abort();
    },
  });
  await assert.rejects(waiting, Interrupted);
  giveBack();
  assert.deepEqual(readdirSync(join(dir, "lock")), []);
});
