import { choose } from "./explain.ts";
import type { FunctionConfig } from "./fleetConfig.ts";
import { limitsOf, resolveFleetLimits } from "./limits.ts";
import type { ProblemList } from "./problems.ts";
import { routeShape } from "./routes.ts";
import type { RawConfig } from "./schema.ts";

/**
 * Merges what the stack config says of functions onto the functions there are. One that is not configured answers
 * `/<name>/*` in every region with the fleet's default limits. Sorted by name.
 */
export function mergeFunctions(
  names: readonly string[],
  stack: Pick<RawConfig, "functions" | "limits"> & { readonly regions: readonly string[] },
  problems: ProblemList,
): FunctionConfig[] {
  const { functions: configured, regions } = stack;
  const fleet = resolveFleetLimits(stack.limits, problems);
  for (const [name, entry] of Object.entries(configured)) {
    if (!names.includes(name)) {
      problems.add(["functions", name], {
        value: undefined,
        problem: "is config for a function that does not exist in functions/",
        remedy: names.length === 0 ? "Remove it: there are no functions." : choose(name, names),
      });
    }
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
      routes: entry?.routes ?? [`/${name}/*`],
      limits: limitsOf(name, entry?.limits ?? {}, fleet, problems),
      env: entry?.env ?? {},
      regions: (entry?.regions ?? []).toSorted(),
    };
  });
  refuseSharedRoutes(functions, problems);
  return functions;
}

function refuseSharedRoutes(functions: readonly FunctionConfig[], problems: ProblemList): void {
  const owners = new Map<string, { readonly name: string; readonly route: string }>();
  for (const { name, routes } of functions) {
    for (const route of routes) {
      const owner = owners.get(routeShape(route));
      if (owner === undefined) {
        owners.set(routeShape(route), { name, route });
        continue;
      }
      problems.add(["functions", name, "routes"], {
        value: route,
        problem:
          owner.name === name
            ? `has ${owner.route} and ${route}, which match the same paths`
            : `match the same paths as ${owner.route} of the function ${owner.name}`,
        remedy: `Give ${name} other routes${owner.name === name ? "" : `, or ${owner.name}`}.`,
      });
    }
  }
}
