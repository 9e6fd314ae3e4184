import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { MemoryGroups, memoryHierarchies, oomKills } from "./memoryGroups.ts";

const dir = mkdtempSync(join(tmpdir(), "edge-groups-"));
after(() => rmSync(dir, { recursive: true, force: true }));

describe("memory cgroups", () => {
  it("are looked for beside our own in version 1, and below the root in version 2", () => {
    const mount = "/sys/fs/cgroup";
    assert.deepEqual(memoryHierarchies("9:name=systemd:/x\n4:memory:/docker/ab\n0::/x\n", mount), [
      { version: "v1", parent: "/sys/fs/cgroup/memory/docker/ab" },
      { version: "v2", parent: "/sys/fs/cgroup" },
    ]);
    assert.deepEqual(memoryHierarchies("0::/user.slice/x.scope\n", mount), [{ version: "v2", parent: mount }]);
    assert.deepEqual(memoryHierarchies("", mount), []);
  });

  it("are not used where the hierarchy has no memory controller, or is not ours to write", () => {
    assert.equal(MemoryGroups.tryMake([{ version: "v1", parent: dir }], "a", 1), undefined);
    assert.equal(MemoryGroups.tryMake([{ version: "v2", parent: "/proc" }], "a", 1), undefined);
  });

  it("tell how often the kernel has killed in them, in the words of either version", () => {
    for (const [name, file, text] of [
      ["v1", "memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n"],
      ["v2", "memory.events", "low 0\nhigh 0\nmax 12\noom 4\noom_kill 3\n"],
    ] as const) {
      mkdirSync(join(dir, name));
      writeFileSync(join(dir, name, file), text);
      assert.equal(oomKills(join(dir, name)), 3);
    }
    assert.equal(oomKills(join(dir, "none")), undefined);
  });
});
