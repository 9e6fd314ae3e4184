import { SUPERVISOR_CALLS, WORKER_CALLS } from "./allowed.ts";

const AF_UNIX = 1;
/** `CLONE_NEW*`, all of them: children, but no namespaces. */
const CLONE_NAMESPACES = 0x7e02_0000;
const ENOSYS = 38;
const EAFNOSUPPORT = 97;

/** The seccomp profile of the `sandbox` service, in Docker's format: a worker's calls, and those of the supervisor beside it. */
export function dockerProfile() {
  const unixOnly = [{ index: 0, value: AF_UNIX, op: "SCMP_CMP_EQ" }];
  const anotherFamily = [{ index: 0, value: AF_UNIX, op: "SCMP_CMP_NE" }];
  const noNamespaces = [{ index: 0, value: CLONE_NAMESPACES, valueTwo: 0, op: "SCMP_CMP_MASKED_EQ" }];
  const sockets = ["socket", "socketpair"];
  return {
    defaultAction: "SCMP_ACT_ERRNO",
    defaultErrnoRet: ENOSYS,
    architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_AARCH64"],
    syscalls: [
      { names: [...WORKER_CALLS, ...SUPERVISOR_CALLS], action: "SCMP_ACT_ALLOW" },
      { names: sockets, action: "SCMP_ACT_ALLOW", args: unixOnly },
      { names: sockets, action: "SCMP_ACT_ERRNO", errnoRet: EAFNOSUPPORT, args: anotherFamily },
      { names: ["clone"], action: "SCMP_ACT_ALLOW", args: noNamespaces },
      // Docker's own libraries take a profile without this for one that forbids it, and glibc gives up at EPERM.
      { names: ["clone3"], action: "SCMP_ACT_ERRNO", errnoRet: ENOSYS },
    ],
  };
}
