import { machineProblem } from "../node/containers/limits.ts";
import type { AwsConfig, FunctionConfig, NodeSize, RegionConfig } from "./fleetConfig.ts";
import { INSTANCE_TYPES, type InstanceType } from "./instanceTypes.ts";
import type { ProblemList } from "./problems.ts";
import type { RawConfig, RawRegion } from "./schema.ts";

type NamedRegion = readonly [name: string, region: RawRegion];

/** A bucket's name has 63 characters: `edge-<stack>-<account>-<region>`. */
const STACK_NAME = /^[a-z][a-z0-9-]{0,19}$/;

/** What a fleet in the cloud is made of, checked against the regions; null for other targets. */
export function checkAws(
  config: { readonly stack: string } & Pick<RawConfig, "target"> & Partial<Pick<RawConfig, "aws">>,
  regions: readonly NamedRegion[],
  regionNames: readonly string[],
  problems: ProblemList,
): AwsConfig | null {
  const { stack, target, aws } = config;
  if (target !== "aws") {
    refuseAwsKeys(config, regions, problems);
    return null;
  }
  checkNodes(regions, problems);
  if (!STACK_NAME.test(stack)) {
    problems.add(["target"], {
      value: target,
      problem: `cannot have a stack of the name ${JSON.stringify(stack)}: buckets, groups and repositories are named after it`,
      remedy: "Name the stack by up to 20 lower-case letters, digits and hyphens, beginning with a letter.",
    });
  }
  if (aws === undefined) {
    if (!problems.touches(["aws"])) {
      problems.add(["aws"], {
        value: undefined,
        problem: "is missing, and the target is aws",
        remedy: "Set home and certificateSecret below it.",
      });
    }
    return null;
  }
  for (const [key, region] of [
    ["home", aws.home],
    ["canary", aws.rollout.canary],
  ] as const) {
    if (region === undefined || regionNames.includes(region)) continue;
    problems.add(key === "home" ? ["aws", "home"] : ["aws", "rollout", "canary"], {
      value: region,
      problem: "is not a region of this stack",
      remedy: `Use one of ${regionNames.join(", ")}.`,
    });
  }
  checkArchitecture(aws, problems);
  if (aws.production && aws.nat === "none") {
    problems.add(["aws", "nat"], {
      value: aws.nat,
      problem: "gives nodes public addresses, which production refuses",
      remedy: "Use single or per-zone.",
    });
  }
  if (aws.production && aws.protect === false) {
    problems.add(["aws", "protect"], {
      value: false,
      problem: "leaves the fleet's data open to deletion, which production refuses",
      remedy: "Remove the key.",
    });
  }
  return { ...aws, protect: aws.protect ?? aws.production };
}

/** Refuses a size of node that its machines have no room for. */
export function refuseSmallMachines(
  aws: AwsConfig | null,
  size: NodeSize | undefined,
  functions: readonly FunctionConfig[],
  problems: ProblemList,
): void {
  if (aws === null || size === undefined) return;
  const wishes = functions.flatMap(({ container }) => (container === null ? [] : [container]));
  for (const [index, type] of aws.instances.types.entries()) {
    const unfit = machineProblem(INSTANCE_TYPES[type], size, wishes);
    if (unfit === null) continue;
    problems.add(["aws", "instances", "types", index], {
      value: type,
      problem: `is too small for a node: ${unfit.problem}`,
      remedy: unfit.remedy,
    });
  }
}

/** What only AWS has of a region. */
export function awsRegion({ nodes, maxNodes, retire }: RawRegion): Pick<RegionConfig, "maxNodes" | "retire"> {
  return { maxNodes: maxNodes ?? nodes * 2, retire: retire ?? false };
}

function checkNodes(regions: readonly NamedRegion[], problems: ProblemList): void {
  for (const [name, { nodes, maxNodes }] of regions) {
    if (maxNodes === undefined || maxNodes >= nodes) continue;
    problems.add(["regions", name, "maxNodes"], {
      value: maxNodes,
      problem: `is less than the region's nodes, ${nodes}`,
      remedy: `Use ${nodes} or more.`,
    });
  }
  const serving = regions.filter(([, { retire }]) => retire !== true);
  for (const [name, { retire, continents, countries, default: isDefault }] of regions) {
    if (retire !== true) continue;
    const serves = [...continents, ...countries];
    if (isDefault || serves.length > 0) {
      problems.add(["regions", name, "retire"], {
        value: true,
        problem: `is true, and the region still serves ${isDefault ? "whoever is not on the map" : serves.join(", ")}`,
        remedy: "Give what it serves to another region first.",
      });
    } else if (serving.length === 0) {
      problems.add(["regions", name, "retire"], {
        value: true,
        problem: "leaves no region that serves",
        remedy: "Keep one.",
      });
    }
  }
}

function checkArchitecture(aws: NonNullable<RawConfig["aws"]>, problems: ProblemList): void {
  const machines: [(string | number)[], InstanceType][] = aws.instances.types.map((type, index) => [
    ["aws", "instances", "types", index],
    type,
  ]);
  if (aws.hub !== undefined) machines.push([["aws", "hub", "instanceType"], aws.hub.instanceType]);
  for (const [path, type] of machines) {
    const { architecture } = INSTANCE_TYPES[type];
    if (architecture === aws.architecture) continue;
    const fitting = Object.entries(INSTANCE_TYPES).filter(([, facts]) => facts.architecture === aws.architecture);
    problems.add(path, {
      value: type,
      problem: `is ${architecture}, and edge-fleet:aws.architecture is ${aws.architecture}`,
      remedy: `Use one of ${fitting.map(([name]) => name).join(", ")}.`,
    });
  }
}

function refuseAwsKeys(
  { target, aws }: Pick<RawConfig, "target"> & Partial<Pick<RawConfig, "aws">>,
  regions: readonly NamedRegion[],
  problems: ProblemList,
): void {
  const refusal = { problem: `is only for target aws, and the target is ${target}`, remedy: "Remove it." };
  if (aws !== undefined) problems.add(["aws"], { value: aws, ...refusal });
  for (const [name, region] of regions) {
    for (const key of ["maxNodes", "retire"] as const) {
      if (region[key] !== undefined) problems.add(["regions", name, key], { value: region[key], ...refusal });
    }
  }
}
