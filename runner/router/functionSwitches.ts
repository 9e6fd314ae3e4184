import type { Clock } from "./clock.ts";
import { functionStatus, type NodeFunctionStatus } from "./functionStatus.ts";
import type { FunctionHealths } from "./health/functionHealths.ts";
import type { FunctionStates } from "./health/functionStates.ts";
import type { Releases } from "./releases.ts";

const REASON_CHARS_MAX = 500;

/** What can be asked of one function. */
export type SwitchOrder = { readonly status: "active" } | { readonly status: "disabled"; readonly reason: string };

interface SwitchesParts {
  readonly releases: Releases;
  readonly healths: FunctionHealths;
  readonly states: FunctionStates;
  readonly clock: Clock;
}

/** Functions by name, to look at and to switch off and on. */
export class FunctionSwitches {
  readonly #parts: SwitchesParts;

  constructor(parts: SwitchesParts) {
    this.#parts = parts;
  }

  get all(): Readonly<Record<string, NodeFunctionStatus>> {
    const { active, deploying } = this.#parts.releases;
    const names = new Set([...(active?.deployments.keys() ?? []), ...deploying.keys()]);
    return Object.fromEntries([...names].sort().map((name) => [name, this.#statusOf(name)]));
  }

  /**
   * Switches a function off, or on again; on also lifts a quarantine.
   *
   * @returns undefined when neither the active release nor an earlier order knows the function.
   * @throws Error when the order is in force but could not be written, and so ends with the router.
   */
  async set(name: string, order: SwitchOrder): Promise<NodeFunctionStatus | undefined> {
    const { releases, healths, states } = this.#parts;
    const deployment = releases.active?.deployments.get(name);
    if (deployment === undefined && states.disabledReason(name) === undefined) return undefined;
    if (order.status === "disabled") await states.disable(name, order.reason);
    else {
      if (deployment !== undefined) healths.lift(deployment);
      await states.enable(name);
    }
    return this.#statusOf(name);
  }

  #statusOf(name: string): NodeFunctionStatus {
    const { releases, states, clock } = this.#parts;
    return functionStatus({
      deployment: releases.active?.deployments.get(name),
      next: releases.deploying.get(name),
      disabledReason: states.disabledReason(name),
      nowMs: clock.nowMs(),
    });
  }
}

/** `{"status": "active"}` or `{"status": "disabled", "reason"}`; undefined when the value is something else. */
export function parseSwitchOrder(value: unknown): SwitchOrder | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { status, reason } = value as Record<string, unknown>;
  if (status === "active") return { status };
  const good = typeof reason === "string" && reason.trim() !== "" && reason.length <= REASON_CHARS_MAX;
  return status === "disabled" && good ? { status, reason } : undefined;
}
