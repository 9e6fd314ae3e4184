import type { ContainerLimits } from "./limits.ts";

/** Log of a container: this much, and as much again before it. */
const LOG_SIZE = "20m";

/** What holds of every container. */
export function hardened(user: string) {
  return {
    user,
    read_only: true,
    cap_drop: ["ALL"],
    security_opt: ["no-new-privileges:true"],
    init: true,
    restart: "always",
    logging: { driver: "json-file", options: { "max-size": LOG_SIZE, "max-file": "2" } },
  };
}

/** Swap is none: what is over its limit ends, and slows nobody down. */
export function limitKeys({ memoryMb, cpus, cpuShares, pids }: ContainerLimits) {
  return {
    mem_limit: `${memoryMb}m`,
    memswap_limit: `${memoryMb}m`,
    cpus,
    cpu_shares: cpuShares,
    pids_limit: pids,
  };
}

export function healthcheck(command: readonly string[]) {
  return { test: ["CMD", ...command], interval: "5s", timeout: "4s", retries: 3 };
}
