import { stringify } from "yaml";
import { AWS_REGION_CODES } from "../../components/config/regions.ts";
import type { PlanProject, PlanStep } from "./project.ts";

/** Ends of a generated stack's name. */
const STACK = "many";

/**
 * A stack of as many regions, with everything on that is declared: three zones, a NAT gateway in each, flow logs, scaling by requests, alarms that are mailed. Its first region is home.
 *
 * @param regions at most as many as Amazon has.
 * @returns its name.
 */
export async function initMany(project: PlanProject, regions: number): Promise<string> {
  const names = AWS_REGION_CODES.slice(0, regions);
  const [home] = names;
  const stack = `${STACK}-${regions}`;
  const config = {
    target: "aws",
    domain: "edge.example.com",
    regions: Object.fromEntries(
      names.map((name) => [
        name,
        name === home ? { continents: ["AF", "AN", "AS", "EU", "NA", "OC", "SA"], default: true } : {},
      ]),
    ),
    aws: {
      home,
      production: true,
      zones: 3,
      nat: "per-zone",
      instances: { types: ["t4g.large"], requestsTarget: 200 },
      certificateSecret: "edge-certificate/many",
      alarmEmails: ["ops@example.com"],
    },
  };
  project.writeConfig(
    stack,
    stringify({
      config: Object.fromEntries(Object.entries(config).map(([key, value]) => [`edge-fleet:${key}`, value])),
    }),
  );
  await project.initStack(stack);
  return stack;
}

/** What the provider makes: components and the stack itself are the program's alone. */
export function isMade({ type }: PlanStep): boolean {
  return !type.startsWith("edge-fleet:") && !type.startsWith("pulumi:");
}

/** How many resources each part of the program makes in one region, by its component: `network`, `network/flow logs`, … */
export function resourcesByPart(steps: readonly PlanStep[], region: string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { urn, name } of steps.filter((step) => isMade(step) && step.name.includes(`-${region}`))) {
    const parents = urn.split("::")[2]?.split("$") ?? [];
    const parent = parents.findLast((type) => type.startsWith("edge-fleet:")) ?? name;
    const part = parent.split(":").at(-1) as string;
    counts.set(part, (counts.get(part) ?? 0) + 1);
  }
  return new Map([...counts].sort(([, a], [, b]) => b - a));
}
