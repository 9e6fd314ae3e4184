import { containerHost } from "../../config/containers.ts";
import type { ContainerConfig } from "../../config/fleetConfig.ts";
import { hardened, healthcheck, limitKeys } from "./hardening.ts";
import { functionLimits } from "./limits.ts";
import { USERS } from "./users.ts";

/** A function's container on a node. */
export interface ContainerFunction extends Omit<ContainerConfig, "host"> {
  readonly name: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Scratch space in memory, MB; it counts as the container's memory. */
const TMP_MB = 64;
const STOP_SECONDS = 10;

/** Name of its service, of its network, and of its host for the runner. */
export function functionHost({ name }: Pick<ContainerFunction, "name">): string {
  return containerHost(name);
}

/** Its service in `compose.yaml`: held as the node's own services are, and reached by the runner alone. */
export function functionService(wish: ContainerFunction) {
  const { image, port, env, health } = wish;
  return {
    image,
    ...hardened(USERS.functions),
    ...limitKeys(functionLimits(wish)),
    ulimits: { core: 0 },
    environment: { HOME: "/tmp", PORT: `${port}`, ...env },
    networks: [functionHost(wish)],
    tmpfs: [`/tmp:size=${TMP_MB}m,mode=1777`],
    ...(health === null ? {} : { healthcheck: healthcheck(health) }),
    stop_signal: "SIGTERM",
    stop_grace_period: `${STOP_SECONDS}s`,
  };
}
