import type { NodeSize } from "../../config/fleetConfig.ts";
import type { MachineSize } from "../../config/instanceTypes.ts";
import { UNDER_WAY_MB } from "../commands.ts";

/** Services that every node has. */
export const SERVICES = [
  "haproxy",
  "judge",
  "varnish",
  "runner",
  "sandbox",
  "agent",
  "varnish-exporter",
  "node-exporter",
] as const;
export type ServiceName = (typeof SERVICES)[number];

/** What a container may have of its machine. */
export interface ContainerLimits {
  readonly memoryMb: number;
  readonly cpus: number;
  /** Weight when processors are short: functions stand behind what takes and answers requests. */
  readonly cpuShares: number;
  /** Processes and threads. */
  readonly pids: number;
}

/** What a function in a container asks for. */
export type ContainerWish = Pick<ContainerLimits, "memoryMb" | "cpus">;

/** The system, Docker, systemd and the SSM agent; an estimate, with room. */
const SYSTEM_MB = 448;
/** HAProxy beside its connections: the program, its cache of TLS sessions, and buffers of what is under way. */
const HAPROXY_BESIDE_MB = 160;
/** A connection takes two open files, and with TLS this much while it is idle; an estimate, with room. */
const CONNECTION_KB = 24;
/** The door's part of the machine's memory at most: what it cannot hold it does not take. */
const DOOR_PART = 1 / 8;
/** Varnish beside its storage: answers that are not kept, log in shared memory (16 MB), threads' workspaces, the compiler that its VCL needs. */
const VARNISH_BESIDE_MB = 128 + UNDER_WAY_MB;
/** HAProxy without TLS: the program, its maps and tables of counts. */
const JUDGE_MB = 160;
const RUNNER_MB = 384;
const SMALL_MB = { agent: 128, exporter: 48 } as const;
/** A worker with its first isolates; below that the workers would end each other. */
export const WORKER_LEAST_MB = 192;

const CPU_SHARES = { door: 4_096, runner: 2_048, sandbox: 1_024, function: 1_024, agent: 512, exporter: 128 } as const;
/** Threads of a Node process: about a dozen. Varnish starts up to 5,000 for requests. */
const PIDS = {
  haproxy: 64,
  varnish: 5_200,
  runner: 256,
  sandbox: 512,
  agent: 64,
  exporter: 64,
  function: 256,
} as const;

/** The size that a node has on its machine: connections are no more than the door has memory for. */
export function sizeOn(machine: MachineSize, size: NodeSize): NodeSize {
  const connections = Math.floor(((machine.memoryMb * DOOR_PART - HAPROXY_BESIDE_MB) * 1024) / CONNECTION_KB);
  return { ...size, files: Math.min(size.files, 2 * connections) };
}

/** Limits of the node's own services. The sandbox has the memory that nobody else needs. */
export function serviceLimits(
  machine: MachineSize,
  size: NodeSize,
  functions: readonly ContainerWish[],
): Record<ServiceName, ContainerLimits> {
  const { vcpus } = machine;
  const { files, cacheMb } = sizeOn(machine, size);
  // What is in the middle of work never has the machine's last quarter of a processor.
  const most = vcpus - 0.25;
  const small = (kind: "agent" | "exporter"): ContainerLimits => ({
    memoryMb: SMALL_MB[kind],
    cpus: kind === "agent" ? 0.5 : 0.25,
    cpuShares: CPU_SHARES[kind],
    pids: PIDS[kind],
  });
  const others = {
    haproxy: { memoryMb: haproxyMb(files), cpus: most, cpuShares: CPU_SHARES.door, pids: PIDS.haproxy },
    judge: { memoryMb: JUDGE_MB, cpus: most, cpuShares: CPU_SHARES.door, pids: PIDS.haproxy },
    varnish: {
      memoryMb: cacheMb + VARNISH_BESIDE_MB,
      cpus: most,
      cpuShares: CPU_SHARES.door,
      pids: PIDS.varnish,
    },
    runner: { memoryMb: RUNNER_MB, cpus: most, cpuShares: CPU_SHARES.runner, pids: PIDS.runner },
    agent: small("agent"),
    "varnish-exporter": small("exporter"),
    "node-exporter": small("exporter"),
  };
  const taken = [...Object.values(others), ...functions].reduce((sum, { memoryMb }) => sum + memoryMb, 0);
  const memoryMb = machine.memoryMb - SYSTEM_MB - taken;
  return {
    ...others,
    sandbox: { memoryMb, cpus: most, cpuShares: CPU_SHARES.sandbox, pids: PIDS.sandbox },
  };
}

function haproxyMb(files: number): number {
  return HAPROXY_BESIDE_MB + Math.ceil(((files / 2) * CONNECTION_KB) / 1024);
}

/** Limits of a function in a container. */
export function functionLimits(wish: ContainerWish): ContainerLimits {
  const { memoryMb, cpus } = wish;
  return { memoryMb, cpus, cpuShares: CPU_SHARES.function, pids: PIDS.function };
}

/** Why a node does not fit its machine. */
export interface MachineProblem {
  readonly problem: string;
  readonly remedy: string;
}

/** Null when the node fits its machine. */
export function machineProblem(
  machine: MachineSize,
  size: NodeSize,
  functions: readonly ContainerWish[],
): MachineProblem | null {
  const most = functions.find(({ cpus }) => cpus > machine.vcpus);
  if (most !== undefined) {
    return {
      problem: `a container asks for ${most.cpus} processors and the machine has ${machine.vcpus}`,
      remedy: "Use a larger instance type, or give the container fewer processors.",
    };
  }
  const { memoryMb } = serviceLimits(machine, size, functions).sandbox;
  // Those that serve, and the standby.
  const least = (size.workers + 1) * WORKER_LEAST_MB;
  if (memoryMb >= least) return null;
  return {
    problem: `${machine.memoryMb} MB leave ${Math.max(memoryMb, 0)} MB for ${size.workers} workers and a standby, which need ${least} MB`,
    remedy:
      "Use a larger instance type, or lower edge-fleet:size.workers, edge-fleet:size.cacheMb or the memory of containers.",
  };
}
