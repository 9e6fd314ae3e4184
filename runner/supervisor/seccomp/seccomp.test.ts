import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { describe, it } from "node:test";
import fc from "fast-check";
import { SUPERVISOR_CALLS, WORKER_CALLS } from "./allowed.ts";
import { workerFilter } from "./filter.ts";
import { SYSCALLS, type Syscall } from "./syscalls.ts";

const ALLOW = 0x7fff0000;
const KILL = 0x80000000;
const ERRNO = 0x00050000;
const AUDIT = { x64: 0xc000003e, arm64: 0xc00000b7 } as const;

/** The kernel's machine, as far as filters use it: answers what a filter says of a call. */
function verdict(filter: Buffer, call: { architecture: number; number: number; argument0?: number }): number {
  const data = Buffer.alloc(64);
  data.writeUInt32LE(call.number, 0);
  data.writeUInt32LE(call.architecture, 4);
  data.writeUInt32LE(call.argument0 ?? 0, 16);
  let accumulator = 0;
  for (let at = 0; ; ) {
    const code = filter.readUInt16LE(at * 8);
    const value = filter.readUInt32LE(at * 8 + 4);
    at++;
    const jump = (holds: boolean) => {
      at += filter.readUInt8((at - 1) * 8 + (holds ? 2 : 3));
    };
    if (code === 0x20) accumulator = data.readUInt32LE(value);
    else if (code === 0x15) jump(accumulator === value);
    else if (code === 0x35) jump(accumulator >= value);
    else if (code === 0x45) jump((accumulator & value) !== 0);
    else if (code === 0x06) return value;
    else throw new Error(`no such instruction: ${code}`);
  }
}

for (const architecture of ["x64", "arm64"] as const) {
  const filter = workerFilter(architecture);
  const column = architecture === "x64" ? 0 : 1;
  const of = (name: Syscall, argument0 = 0) =>
    verdict(filter, { architecture: AUDIT[architecture], number: SYSCALLS[name][column] as number, argument0 });

  describe(`a worker's seccomp filter on ${architecture}`, () => {
    it("allows the calls of the list and, of all others, none", () => {
      const allowed = new Set<number | null>(WORKER_CALLS.map((name) => SYSCALLS[name][column]));
      const special = (["socket", "socketpair", "clone"] as const).map((name) => SYSCALLS[name][column] as number);
      fc.assert(
        fc.property(fc.oneof(fc.nat(600), fc.integer({ min: 0, max: 0xffffffff })), (number) => {
          fc.pre(!special.includes(number));
          const said = verdict(filter, { architecture: AUDIT[architecture], number });
          assert.equal(said, allowed.has(number) ? ALLOW : ERRNO | 38);
        }),
        { numRuns: 2_000 },
      );
    });

    it("allows sockets of UNIX alone, and threads but no processes", () => {
      assert.equal(of("socket", 1), ALLOW);
      assert.equal(of("socketpair", 1), ALLOW);
      for (const family of [0, 2, 10, 16, 17, 40]) assert.equal(of("socket", family), ERRNO | 97);
      assert.equal(of("clone", 0x3d0f00), ALLOW);
      assert.equal(of("clone", 17), ERRNO | 1);
      assert.equal(of("clone", 0x10000000), ERRNO | 1);
    });

    it("kills a process that calls by another architecture's numbers", () => {
      const number = SYSCALLS.read[column];
      assert.equal(verdict(filter, { architecture: 0x40000003, number }), KILL);
    });

    it("is no longer than the kernel takes", () => assert.ok(filter.length / 8 < 4_096));
  });
}

describe("the list of allowed system calls", () => {
  it("has none that reaches other processes, mounts, or opens the kernel", () => {
    const doors = ["ptrace", "process_vm_readv", "process_vm_writev", "kexec_load", "mount", "umount2", "bpf"];
    const more = ["perf_event_open", "keyctl", "add_key", "userfaultfd", "io_uring_setup", "io_uring_enter"];
    const namespaces = ["unshare", "setns", "pivot_root", "chroot", "clone3", "memfd_create", "init_module"];
    const allowed = new Set<string>([...WORKER_CALLS, ...SUPERVISOR_CALLS]);
    for (const name of [...doors, ...more, ...namespaces]) assert.equal(allowed.has(name), false, name);
  });

  it("gives a worker no processes, no listeners, and no changes of files", () => {
    const worker = new Set<string>(WORKER_CALLS);
    for (const name of ["fork", "vfork", "clone", "bind", "listen", "unlink", "rename", "mkdir", "chmod"]) {
      assert.equal(worker.has(name), false, name);
    }
  });

  const header = "/usr/include/x86_64-linux-gnu/asm/unistd_64.h";
  it("has the kernel's numbers", { skip: existsSync(header) ? false : "needs the kernel's headers" }, () => {
    const text = readFileSync(header, "utf8");
    for (const [name, [x64]] of Object.entries(SYSCALLS)) {
      if (x64 !== null) assert.match(text, new RegExp(`__NR_${name} ${x64}\\n`), name);
    }
  });
});
