import { WORKER_CALLS } from "./allowed.ts";
import { SYSCALLS, type Syscall } from "./syscalls.ts";

/** What the kernel's filter needs to know of an architecture; `AUDIT_ARCH_*` of Linux' `audit.h`. */
const ARCHITECTURES = {
  x64: { audit: 0xc000003e, column: 0, callsMax: 0x4000_0000 },
  arm64: { audit: 0xc00000b7, column: 1, callsMax: 0xffff_ffff },
} as const;

export type FilterArchitecture = keyof typeof ARCHITECTURES;

/** Offsets in `struct seccomp_data`; of an argument its lower half, both architectures being little-endian. */
const AT = { number: 0, architecture: 4, argument0: 16 };
const OP = { load: 0x20, ifEqual: 0x15, ifAtLeast: 0x35, ifAnyBit: 0x45, give: 0x06 };
const ERRNO = 0x0005_0000;
/** Verdicts, `SECCOMP_RET_*`; ENOSYS makes libraries take the older way that they all have. */
const VERDICT = {
  allow: 0x7fff_0000,
  kill: 0x8000_0000,
  unknown: ERRNO | 38,
  forbidden: ERRNO | 1,
  family: ERRNO | 97,
};

const AF_UNIX = 1;
const CLONE_THREAD = 0x0001_0000;

interface Instruction {
  readonly code: number;
  readonly value: number;
  /** Instructions to skip when the comparison holds, and when not. */
  readonly ifTrue?: number;
  readonly ifFalse?: number;
}

/** The architectures for which there is a filter. */
export function hasFilter(architecture: string): architecture is FilterArchitecture {
  return architecture in ARCHITECTURES;
}

/**
 * The seccomp filter of a worker, as the kernel takes it: UNIX sockets only, threads but no processes, and of the other
 * calls those of `WORKER_CALLS`. What is not allowed fails with ENOSYS; a call by another architecture's numbers kills.
 */
export function workerFilter(architecture: FilterArchitecture): Buffer {
  const { audit, column, callsMax } = ARCHITECTURES[architecture];
  const numberOf = (name: Syscall) => SYSCALLS[name][column];
  const program: Instruction[] = [
    { code: OP.load, value: AT.architecture },
    { code: OP.ifEqual, value: audit, ifTrue: 1 },
    { code: OP.give, value: VERDICT.kill },
    { code: OP.load, value: AT.number },
    { code: OP.ifAtLeast, value: callsMax, ifFalse: 1 },
    { code: OP.give, value: VERDICT.unknown },
  ];
  for (const name of WORKER_CALLS) {
    const number = numberOf(name);
    if (number === null) continue;
    program.push({ code: OP.ifEqual, value: number, ifFalse: 1 }, { code: OP.give, value: VERDICT.allow });
  }
  const byArgument = (name: Syscall, test: Instruction, otherwise: number) => {
    const number = numberOf(name);
    if (number === null) return;
    program.push(
      { code: OP.ifEqual, value: number, ifFalse: 4 },
      { code: OP.load, value: AT.argument0 },
      test,
      { code: OP.give, value: otherwise },
      { code: OP.give, value: VERDICT.allow },
    );
  };
  byArgument("socket", { code: OP.ifEqual, value: AF_UNIX, ifTrue: 1 }, VERDICT.family);
  byArgument("socketpair", { code: OP.ifEqual, value: AF_UNIX, ifTrue: 1 }, VERDICT.family);
  byArgument("clone", { code: OP.ifAnyBit, value: CLONE_THREAD, ifTrue: 1 }, VERDICT.forbidden);
  program.push({ code: OP.give, value: VERDICT.unknown });
  return assemble(program);
}

/** `struct sock_filter`: 16 bits of code, two jumps of 8, 32 of value. */
function assemble(program: readonly Instruction[]): Buffer {
  const bytes = Buffer.alloc(program.length * 8);
  program.forEach(({ code, value, ifTrue = 0, ifFalse = 0 }, index) => {
    bytes.writeUInt16LE(code, index * 8);
    bytes.writeUInt8(ifTrue, index * 8 + 2);
    bytes.writeUInt8(ifFalse, index * 8 + 3);
    bytes.writeUInt32LE(value, index * 8 + 4);
  });
  return bytes;
}
