/**
 * Why a process ended; the closed list of the metric's label. `crash`: by its own doing (an abort, a fault); `signal`: somebody
 * ended it; `router`: the router it worked for went away.
 */
export const DEATH_CAUSES = ["exit", "crash", "signal", "stuck", "memory", "router"] as const;
export type DeathCause = (typeof DEATH_CAUSES)[number];

/** What a process does. */
export const ROLES = ["router", "broker", "worker"] as const;
export type Role = (typeof ROLES)[number];

/** A process that ended without being asked to. */
export interface Death {
  readonly process: Role;
  /** The worker's slot; null for other processes. */
  readonly slot: number | null;
  readonly cause: DeathCause;
}

/** Log lines that found no room. */
export interface LinesDropped {
  readonly lines: number;
}

/** What holds a worker besides its isolates, by layer: on or off. */
export type Layers = Readonly<Record<string, boolean>>;

/** From the supervisor of the workers to the router. */
export type ToRouter =
  | { readonly type: "layers"; readonly layers: Layers }
  | ({ readonly type: "death" } & Death)
  | ({ readonly type: "linesDropped" } & LinesDropped)
  | { readonly type: "beat" };

/** From the router to the supervisor of the workers: the private slots that shall have a process, all of them. */
export type ToSupervisor = { readonly type: "private"; readonly slots: readonly number[] } | { readonly type: "beat" };

const LAYERS_MAX = 32;

/** @returns undefined for what is none of the messages: the peer lives with tenants' code and is not believed. */
export function asToRouter(value: unknown): ToRouter | undefined {
  if (!isRecord(value)) return undefined;
  switch (value.type) {
    case "beat":
      return { type: "beat" };
    case "layers":
      return isLayers(value.layers) ? { type: "layers", layers: value.layers } : undefined;
    case "death": {
      const { process, slot, cause } = value;
      const known = isOneOf(ROLES, process) && isOneOf(DEATH_CAUSES, cause) && (slot === null || isSlot(slot));
      return known ? { type: "death", process, slot, cause } : undefined;
    }
    case "linesDropped": {
      const { lines } = value;
      return Number.isSafeInteger(lines) && (lines as number) > 0
        ? { type: "linesDropped", lines: lines as number }
        : undefined;
    }
    default:
      return undefined;
  }
}

export function asToSupervisor(value: unknown): ToSupervisor | undefined {
  if (!isRecord(value)) return undefined;
  if (value.type === "beat") return { type: "beat" };
  const isPrivate = value.type === "private" && Array.isArray(value.slots) && value.slots.every(isSlot);
  return isPrivate ? { type: "private", slots: value.slots as number[] } : undefined;
}

function isLayers(value: unknown): value is Layers {
  if (!isRecord(value)) return false;
  const entries = Object.entries(value);
  return (
    entries.length <= LAYERS_MAX &&
    entries.every(([layer, on]) => /^[A-Za-z]{1,32}$/.test(layer) && typeof on === "boolean")
  );
}

function isSlot(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0;
}

function isOneOf<T extends string>(list: readonly T[], value: unknown): value is T {
  return list.includes(value as T);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
