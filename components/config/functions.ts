import type { Binding, Bindings, DeclaredKind } from "@edge-fleet/runner/bindings/kinds";
import { FUNCTION_NAME } from "@edge-fleet/runner/release/functionManifest";
import { claimsOf, conflictsOf } from "@edge-fleet/runner/routes/conflicts";
import { parseRoute, type Route, showRoute } from "@edge-fleet/runner/routes/route";
import { tableFault } from "@edge-fleet/runner/routes/routeTable";
import { containerOf, refuseSharedPorts } from "./containers.ts";
import { choose } from "./explain.ts";
import type { FunctionConfig } from "./fleetConfig.ts";
import { limitsOf, resolveFleetLimits } from "./limits.ts";
import { policiesOf } from "./policies.ts";
import type { ProblemList } from "./problems.ts";
import type { RawConfig, RawRoute } from "./schema.ts";

/** What functions have to fit into. */
interface StackFacts {
  readonly regions: readonly string[];
  /** Undefined when the config does not say in a readable way. */
  readonly privateWorkers: number | undefined;
  readonly isLocal: boolean;
}

/**
 * Merges what the stack config says of functions onto the functions there are. One that is not configured answers
 * `/<name>/*` in every region with the fleet's default limits. Sorted by name.
 */
export function mergeFunctions(
  written: readonly string[],
  stack: Pick<RawConfig, "functions" | "limits"> & StackFacts,
  problems: ProblemList,
): FunctionConfig[] {
  const { functions: configured, regions, isLocal } = stack;
  const fleet = resolveFleetLimits(stack.limits, problems);
  const images = Object.keys(configured).filter((name) => configured[name]?.container !== undefined);
  const names = [...written, ...images.filter((name) => !written.includes(name))];
  for (const [name, entry] of Object.entries(configured)) {
    if (images.includes(name)) refuseContainer(name, written, problems);
    if (!names.includes(name) && !problems.touches(["functions", name, "container"])) {
      problems.add(["functions", name], {
        value: undefined,
        problem: "is config for a function that does not exist in functions/",
        remedy: names.length === 0 ? "Remove it: there are no functions." : choose(name, names),
      });
    }
    refuseTwoValues(name, entry, problems);
    for (const [index, region] of (entry.regions ?? []).entries()) {
      if (regions.includes(region)) continue;
      problems.add(["functions", name, "regions", index], {
        value: region,
        problem: "is not a region of this stack",
        remedy: `${choose(region, regions)} Or add it to edge-fleet:regions.`,
      });
    }
  }
  const functions = [...names].sort().map((name): FunctionConfig => {
    const entry = Object.hasOwn(configured, name) ? configured[name] : undefined;
    return {
      name,
      routes: (entry?.routes ?? [`/${name}/*`]).map(asRoute),
      limits: limitsOf(name, entry?.limits ?? {}, fleet, problems),
      env: entry?.env ?? {},
      secrets: entry?.secrets ?? {},
      bindings: asBindings(entry?.bindings ?? {}),
      egress: { allow: entry?.egress?.allow ?? null },
      isolation: entry?.isolation ?? "shared",
      schedules: entry?.schedules ?? [],
      passThrough: entry?.passThrough ?? null,
      container: containerOf(name, { entry, isLocal }, problems),
      regions: (entry?.regions ?? []).toSorted(),
      policies: policiesOf(entry?.policies),
      cache: { onDeploy: entry?.cache?.onDeploy ?? "keep" },
    };
  });
  refuseFunctionsThatAreAway(functions, stack, problems);
  refuseSharedRoutes(functions, problems);
  refuseMoreThanPrivateWorkers(functions, stack, problems);
  if (isLocal) refuseSharedPorts(functions, problems);
  return functions;
}

function refuseContainer(name: string, written: readonly string[], problems: ProblemList): void {
  if (written.includes(name)) {
    problems.add(["functions", name, "container"], {
      value: undefined,
      problem: `is beside the code functions/${name}.ts: a function is one of the two`,
      remedy: "Remove one of them, or give the container another name.",
    });
  } else if (!FUNCTION_NAME.regex.test(name)) {
    problems.add(["functions", name], {
      value: undefined,
      problem: "is not a function's name",
      remedy: `Use ${FUNCTION_NAME.gloss}.`,
    });
  }
}

function asRoute(route: string | RawRoute): Route {
  if (typeof route === "string") return parseRoute(route) as Route;
  const { host, methods, path, priority } = route;
  return { host: host ?? null, methods: (methods ?? []).toSorted(), path, priority };
}

function asBindings(bindings: RawConfig["functions"][string]["bindings"]): Bindings {
  const entries = Object.entries(bindings).map(([variable, stands]): [string, Binding] => {
    const [[kind, name]] = Object.entries(stands) as [[DeclaredKind, string]];
    return [variable, { kind, name }];
  });
  return Object.fromEntries(entries);
}

/** A function that another one has as a binding runs on the same nodes. */
function refuseFunctionsThatAreAway(
  functions: readonly FunctionConfig[],
  { regions }: StackFacts,
  problems: ProblemList,
): void {
  const byName = new Map(functions.map((known) => [known.name, known]));
  const regionsOf = ({ regions: only }: FunctionConfig) => (only.length === 0 ? regions : only);
  for (const { name: owner, bindings, regions: only } of functions) {
    for (const [variable, { kind, name }] of Object.entries(bindings)) {
      if (kind !== "function") continue;
      const path = ["functions", owner, "bindings", variable, kind];
      const bound = byName.get(name);
      if (bound === undefined) {
        problems.add(path, {
          value: name,
          problem: "is a function that does not exist in functions/",
          remedy: choose(name, [...byName.keys()]),
        });
        continue;
      }
      const missing = (only.length === 0 ? regions : only).filter((region) => !regionsOf(bound).includes(region));
      if (missing.length === 0) continue;
      problems.add(path, {
        value: name,
        problem: `is a function that does not run in ${missing.join(", ")}, where ${owner} does`,
        remedy: `Add the regions to edge-fleet:functions.${name}.regions, or take them from ${owner}'s.`,
      });
    }
  }
}

function refuseSharedRoutes(functions: readonly FunctionConfig[], problems: ProblemList): void {
  const claims = functions.flatMap(claimsOf);
  const conflicts = conflictsOf(claims);
  const costly = conflicts.length === 0 ? tableFault(claims) : undefined;
  if (costly !== undefined) {
    problems.add(["functions", costly.owner, "routes"], {
      value: undefined,
      problem: "make the fleet's routes too costly to match",
      remedy: `Change them: ${costly.message}.`,
    });
  }
  for (const { claim, taken } of conflicts) {
    const [mine, theirs] = [claim, taken].map(({ route }) => showRoute(route));
    const own = claim.owner === taken.owner;
    problems.add(["functions", claim.owner, "routes"], {
      value: mine,
      problem: own
        ? `has ${theirs} and ${mine}, which take the same requests`
        : `take the same requests as ${theirs} of the function ${taken.owner}`,
      remedy: own ? "Keep one of them." : `Give one of the functions other routes, or a higher priority.`,
    });
  }
}

function refuseTwoValues(name: string, entry: RawConfig["functions"][string], problems: ProblemList): void {
  const owners = new Map(Object.keys(entry.env).map((variable) => [variable, "env"]));
  for (const key of ["secrets", "bindings"] as const) {
    for (const [variable, value] of Object.entries(entry[key])) {
      const owner = owners.get(variable);
      owners.set(variable, key);
      if (owner === undefined) continue;
      problems.add(["functions", name, key, variable], {
        value,
        problem: `is also edge-fleet:functions.${name}.${owner}.${variable}`,
        remedy: "Keep one of them.",
      });
    }
  }
}

/** Each region's node has the same number. */
function refuseMoreThanPrivateWorkers(
  functions: readonly FunctionConfig[],
  { regions, privateWorkers }: StackFacts,
  problems: ProblemList,
): void {
  const wanting = functions.filter(({ isolation }) => isolation === "private");
  for (const region of regions) {
    const here = wanting.filter(({ regions: only }) => only.length === 0 || only.includes(region));
    if (privateWorkers === undefined || here.length <= privateWorkers) continue;
    problems.add(["size", "privateWorkers"], {
      value: privateWorkers,
      problem: `is fewer than the functions with isolation private in ${region}: ${here.map(({ name }) => name).join(", ")}`,
      remedy: `Use ${here.length} or more, or let some of them share.`,
    });
    return;
  }
}
