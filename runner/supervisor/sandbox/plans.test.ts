import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Box, held, type Machine, plans } from "./plans.ts";

const ALL = { sh: "/bin/sh", bwrap: "/usr/bin/bwrap", unshare: "/usr/bin/unshare", setpriv: "/usr/bin/setpriv" };
const NONE = { sh: undefined, bwrap: undefined, unshare: undefined, setpriv: undefined };
const MACHINE: Machine = { isRoot: true, programs: ALL, filter: "/cache/seccomp.bpf", libraries: ["/lib/libc.so.6"] };
const BOX: Box = {
  userId: 1_900_000_001,
  folder: "/run/edge/w1",
  cgroup: "/sys/fs/cgroup/memory/edge-1/w1",
  readable: ["/opt/node", "/cache/worker.mjs"],
  command: ["/opt/node", "/cache/worker.mjs"],
};

describe("the ways to hold a worker", () => {
  it("are tried from the one that holds best to none at all", () => {
    const names = (isRoot: boolean, programs: Machine["programs"]) =>
      plans({ isRoot, programs }).map(({ by, ownUser }) => `${by ?? "plain"}${ownUser ? "+user" : ""}`);
    assert.deepEqual(names(true, ALL), ["bwrap+user", "bwrap", "unshare+user", "unshare", "plain+user", "plain"]);
    assert.deepEqual(names(false, ALL), ["bwrap", "unshare", "plain"]);
    assert.deepEqual(names(true, { ...ALL, bwrap: undefined, setpriv: undefined }), ["unshare", "plain"]);
    assert.deepEqual(names(false, NONE), ["plain"]);
  });

  it("leave the command as it is where the machine has nothing", () => {
    assert.deepEqual(held({ by: undefined, ownUser: false }, { ...MACHINE, programs: NONE }, BOX), BOX.command);
  });

  it("show a bubble the files that the worker reads and its sockets, and nothing of them to write", () => {
    const command = held({ by: "bwrap", ownUser: true }, MACHINE, BOX);
    const bound = command.flatMap((word, index) => (word === "--ro-bind" ? [command[index + 1]] : []));
    assert.deepEqual(bound.sort(), [...MACHINE.libraries, ...BOX.readable, BOX.folder, ALL.setpriv].sort());
    assert.equal(command.includes("--bind"), false);
    assert.deepEqual(command.slice(-2), BOX.command);
  });

  it("end in a user of its own without capabilities, after everything that needs them", () => {
    for (const by of ["bwrap", "unshare", undefined] as const) {
      const command = held({ by, ownUser: true }, MACHINE, BOX);
      const last = command.slice(command.lastIndexOf(ALL.setpriv) + 1, -BOX.command.length);
      for (const word of ["--no-new-privs", `--reuid=${BOX.userId}`, "--clear-groups", "--bounding-set=-all"]) {
        assert.ok(last.includes(word), `${by}: ${word}`);
      }
    }
  });

  it("give no user where the plan has none, and need no root for a namespace of users", () => {
    const command = held(
      { by: "unshare", ownUser: false },
      { ...MACHINE, isRoot: false },
      { ...BOX, cgroup: undefined },
    );
    assert.ok(command.includes("--map-current-user"));
    assert.equal(
      command.some((word) => word.startsWith("--reuid")),
      false,
    );
  });
});
