import { type FunctionLimits, LIMIT_NAMES, LIMITS, type LimitName } from "@edge-fleet/runner/limits";
import type { ProblemList } from "./problems.ts";
import type { RawConfig } from "./schema.ts";

/** What a fleet grants of one limit. */
interface Grant {
  /** For a function that declares nothing. */
  readonly default: number;
  readonly ceiling: number;
}

export type FleetLimits = Readonly<Record<LimitName, Grant>>;

/** The stack's own defaults and ceilings over those of the table; a default follows a lowered ceiling down. */
export function resolveFleetLimits(declared: RawConfig["limits"], problems: ProblemList): FleetLimits {
  return ofEachLimit((name) => {
    const { default: value, ceiling = LIMITS[name].ceiling } = declared[name] ?? {};
    if (value !== undefined && value > ceiling) {
      problems.add(["limits", name, "default"], {
        value,
        problem: `is above edge-fleet:limits.${name}.ceiling, which is ${ceiling}`,
        remedy: `Use ${ceiling} or less, or raise the ceiling.`,
      });
    }
    return { default: Math.min(value ?? LIMITS[name].default, ceiling), ceiling };
  });
}

/** What one function gets: what it declares, else the fleet's defaults. */
export function limitsOf(
  name: string,
  declared: Readonly<Partial<Record<LimitName, number | undefined>>>,
  fleet: FleetLimits,
  problems: ProblemList,
): FunctionLimits {
  return ofEachLimit((limit) => {
    const value = declared[limit] ?? fleet[limit].default;
    const { ceiling } = fleet[limit];
    if (value > ceiling) {
      problems.add(["functions", name, "limits", limit], {
        value,
        problem: `is above the fleet's ceiling of ${ceiling}`,
        remedy: `Use ${ceiling} or less, or raise edge-fleet:limits.${limit}.ceiling (at most ${LIMITS[limit].ceiling}).`,
      });
    }
    return value;
  });
}

function ofEachLimit<T>(value: (name: LimitName) => T): Record<LimitName, T> {
  return Object.fromEntries(LIMIT_NAMES.map((name) => [name, value(name)])) as Record<LimitName, T>;
}
