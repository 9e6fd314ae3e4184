import type { LocalConfig, LocalPorts } from "./fleetConfig.ts";
import { nodeAddresses } from "./nodeAddresses.ts";
import type { KeyPath, ProblemList } from "./problems.ts";
import { DEFAULT_LOCAL, type RawConfig, type RawRegion } from "./schema.ts";

/** Ports that share an address. */
const PORTS_OF_A_REGION = [
  "https",
  "http",
  "peers",
  "haproxyMetrics",
  "varnishMetrics",
  "runnerAdmin",
  "agentAdmin",
] as const;
const PORTS_OF_THE_HUB = ["dns", "prometheus", "origin"] as const satisfies readonly (keyof LocalPorts)[];

/** Addresses and ports of the local target, none of which may collide; null for other targets. */
export function checkLocal(
  config: Pick<RawConfig, "target" | "local">,
  regions: readonly (readonly [name: string, region: RawRegion])[],
  problems: ProblemList,
): LocalConfig | null {
  if (config.target !== "local") {
    refuseLocalKeys(config, regions, problems);
    return null;
  }
  const local = config.local ?? DEFAULT_LOCAL;
  const owners = new Map<string, string>([[local.hubAddress, "local.hubAddress"]]);
  for (const [name, { address, nodes }] of regions) {
    const path = ["regions", name, "address"];
    if (address === undefined) {
      if (problems.touches(path)) continue;
      problems.add(path, {
        value: undefined,
        problem: "is missing; with target local every region has an address of its own",
        remedy: "Set a loopback address that nothing else uses: 127.0.1.1.",
      });
      continue;
    }
    const addresses = nodeAddresses(address, nodes);
    if (addresses === null) {
      problems.add(["regions", name, "nodes"], {
        value: nodes,
        problem: `is more than there are addresses for, counting on from ${address} in its second number`,
        remedy: "Give the region an address with a smaller second number: 127.0.1.1.",
      });
    }
    for (const taken of addresses ?? [address]) refuseSecondOwner(owners, taken, path, problems);
  }
  for (const group of [PORTS_OF_A_REGION, PORTS_OF_THE_HUB]) {
    const portOwners = new Map<string, string>();
    for (const name of group) refuseSecondOwner(portOwners, local.ports[name], ["local", "ports", name], problems);
  }
  return local;
}

function refuseSecondOwner(
  owners: Map<string, string>,
  value: string | number,
  path: KeyPath,
  problems: ProblemList,
): void {
  const owner = owners.get(String(value));
  if (owner === undefined) owners.set(String(value), path.join("."));
  else {
    problems.add(path, {
      value,
      problem: `is also edge-fleet:${owner}`,
      remedy: "Give one of them another value.",
    });
  }
}

function refuseLocalKeys(
  { target, local }: Pick<RawConfig, "target" | "local">,
  regions: readonly (readonly [name: string, region: RawRegion])[],
  problems: ProblemList,
): void {
  const refusal = { problem: `is only for target local, and the target is ${target}`, remedy: "Remove it." };
  if (local !== undefined) problems.add(["local"], { value: local, ...refusal });
  for (const [name, { address }] of regions) {
    if (address !== undefined) problems.add(["regions", name, "address"], { value: address, ...refusal });
  }
}
