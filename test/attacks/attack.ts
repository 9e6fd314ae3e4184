import type { Bindings } from "../../runner/bindings/kinds.ts";
import type { FunctionLimits } from "../../runner/limits.ts";
import { MODULES_IMPORT } from "../../runner/release/modulesImport.ts";
import type { TestFunction } from "../../runner/runnerFixture.ts";

/** What an attack may cost at most: its own answer, its isolate, or its worker process. Its neighbours pay nothing. */
export type Cost = "answer" | "isolate" | "process";

/** A function that behaves well until it is asked to attack. */
export interface Attack {
  readonly name: string;
  /** Body of `async function attack(request, env, ctx)`; it returns a Response whose first word is an outcome. */
  readonly code: string;
  /** What the module does at its top level. */
  readonly top?: string;
  /** Modules that the code takes with `edgeModule$(name)`. */
  readonly imports?: TestFunction["imports"];
  /** Outcomes that are right: an error code, or the first word of a 200 (`blocked`, `survived`). */
  readonly expect: readonly string[];
  readonly cost: Cost;
  readonly limits?: Partial<FunctionLimits>;
  readonly env?: Readonly<Record<string, string>>;
  readonly bindings?: Bindings;
  readonly request?: {
    readonly method?: string;
    readonly query?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string;
  };
  /** Requests that attack at once; one where not said. */
  readonly atOnce?: number;
  /** What must be nowhere in the answer, its headers written as JSON. */
  readonly refuses?: RegExp;
  /** Whether the function must still serve in the same isolate when it behaves again; nothing is asked where not said. */
  readonly calmAfterwards?: boolean;
  /** What 99 of 100 of the neighbours' requests must stay below meanwhile, ms; nothing is asked where not said. */
  readonly neighboursP99Ms?: number;
}

/** Of no place at all, so that the router looks for places in what the function logs. */
const SOURCE_MAP = JSON.stringify({ version: 3, sources: [], names: [], mappings: "" });

/** What every attacker has: little heap, little time. */
const ATTACK_LIMITS: Partial<FunctionLimits> = { heapMb: 64, cpuMs: 300, wallMs: 5_000 };

export function attackFunction({
  name,
  top = "",
  code,
  imports,
  limits,
  env = {},
  bindings = {},
}: Attack): TestFunction {
  return {
    code: `${imports === undefined ? "" : MODULES_IMPORT.statement}${top}
async function attack(request, env, ctx) {
${code}
}
export default { async fetch(request, env, ctx) {
  if (!request.headers.has("x-attack")) return new Response("calm");
  return attack(request, env, ctx);
} };`,
    map: SOURCE_MAP,
    ...(imports && { imports }),
    routes: [`/attack/${name}`],
    limits: { ...ATTACK_LIMITS, ...limits },
    env,
    bindings,
  };
}
