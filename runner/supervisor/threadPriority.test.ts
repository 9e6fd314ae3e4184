import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { linuxOnly } from "../runnerProcesses.ts";
import { ThreadPriority } from "./threadPriority.ts";

/** Field of /proc/<pid>/task/<tid>/stat, counted behind the name. */
const NICE = 16;

describe("threads of a process", linuxOnly, () => {
  it("are put behind the main one, which stays as it is", () => {
    new ThreadPriority().look(process.pid);
    for (const thread of readdirSync("/proc/self/task")) {
      const stat = readFileSync(`/proc/self/task/${thread}/stat`, "utf8");
      const nice = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[NICE]);
      assert.equal(nice, Number(thread) === process.pid ? 0 : 5);
    }
  });
});
