import type { ContainerConfig } from "./fleetConfig.ts";
import type { ProblemList } from "./problems.ts";
import type { RawConfig } from "./schema.ts";

type Entry = RawConfig["functions"][string];

/** What a function in an isolate has and a container does not. */
const NOT_FOR_CONTAINERS = {
  secrets: "are not for a container: its env is all that it is given",
  bindings: "are not for a container: stores are reached from isolates",
  egress: "is not for a container: it reaches nothing but who asks it",
  isolation: "is not for a container: it shares no process",
  schedules: "are not for a container: it has no scheduled handler",
  passThrough: "is not for a container: it does not throw",
} as const satisfies Partial<Record<keyof Entry, string>>;

/** Name of a function's container in the network that it shares with the runner of its node. */
export function containerHost(name: string): string {
  return `fn-${name}`;
}

/** The container that a function is, or null; what its entry says that containers do not have is told. */
export function containerOf(
  name: string,
  { entry, isLocal }: { readonly entry: Entry | undefined; readonly isLocal: boolean },
  problems: ProblemList,
): ContainerConfig | null {
  if (entry?.container === undefined) return null;
  for (const [key, problem] of Object.entries(NOT_FOR_CONTAINERS)) {
    const value = entry[key as keyof typeof NOT_FOR_CONTAINERS];
    // Without a default of its own: that somebody wrote it shows in its being there.
    const isWritten = key === "egress" || key === "passThrough" ? value !== undefined : !isDefault(value);
    if (!isWritten) continue;
    problems.add(["functions", name, key], { value: undefined, problem, remedy: "Remove it." });
  }
  const { image, port, cpus, memoryMb, health } = entry.container;
  // On one machine without an engine people start the image themselves.
  return { image, host: isLocal ? "127.0.0.1" : containerHost(name), port, cpus, memoryMb, health: health ?? null };
}

function isDefault(value: unknown): boolean {
  return value === "shared" || Object.keys(value as object).length === 0;
}

/** Containers of a local fleet answer on one address. */
export function refuseSharedPorts(
  containers: readonly { readonly name: string; readonly container: ContainerConfig | null }[],
  problems: ProblemList,
): void {
  const owners = new Map<number, string>();
  for (const { name, container } of containers) {
    if (container === null) continue;
    const owner = owners.get(container.port);
    owners.set(container.port, name);
    if (owner === undefined) continue;
    problems.add(["functions", name, "container", "port"], {
      value: container.port,
      problem: `is also edge-fleet:functions.${owner}.container.port; with target local all containers are on one address`,
      remedy: "Give one of them another port.",
    });
  }
}
