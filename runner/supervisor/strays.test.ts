import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { isGone, linuxOnly } from "../runnerProcesses.ts";
import { endStrays } from "./strays.ts";

/** Waits for ever; two with different names have different command lines. */
const sleeper = (name: string) => [process.execPath, "--eval", `setInterval(() => {}, 1e6); /* ${name} */`];

/** Starts a command as the child of a process that ends at once. */
async function orphan(command: readonly string[]): Promise<number> {
  const parent = spawn("/bin/sh", ["-c", '"$@" >/dev/null 2>&1 & echo $!', "sh", ...command]);
  const [pid] = await once(parent.stdout, "data");
  await once(parent, "exit");
  await commandSeen(Number(pid), command);
  return Number(pid);
}

/** A shell's child becomes its command a moment later. */
async function commandSeen(pid: number, command: readonly string[]): Promise<void> {
  while (readFileSync(`/proc/${pid}/cmdline`, "utf8") !== `${command.join("\0")}\0`)
    await new Promise((resolve) => setTimeout(resolve, 5));
}

async function gone(pid: number): Promise<void> {
  while (!isGone(pid)) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe("what is left of a process that is gone", linuxOnly, () => {
  it("is ended when nobody holds it any more, and only what had the same command", async () => {
    const [left, other] = [sleeper("left"), sleeper("other")];
    const [leftPid, otherPid] = [await orphan(left), await orphan(other)];
    endStrays(left);
    await gone(leftPid);
    assert.equal(isGone(otherPid), false);
    endStrays(other);
    await gone(otherPid);
  });

  it("is not the child of another runner's supervisor, which may have the same command", async () => {
    const command = sleeper("held");
    const script = `const child = require("node:child_process").spawn(process.execPath, ${JSON.stringify(command.slice(1))}); console.log(child.pid);
      process.stdin.once("data", () => { child.kill("SIGKILL"); process.exit(); });`;
    const supervisor = spawn(process.execPath, ["--eval", script], { stdio: ["pipe", "pipe", "inherit"] });
    const [pid] = await once(supervisor.stdout, "data");
    await commandSeen(Number(pid), command);
    endStrays(command);
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(isGone(Number(pid)), false);
    supervisor.stdin.write("end\n");
    await once(supervisor, "exit");
    await gone(Number(pid));
  });
});
