import type { ReleaseStore } from "@edge-fleet/runner/release/store";
import type { Ack, Current } from "@edge-fleet/runner/release/types";
import { managerStatus } from "../components/local/manager/client.ts";
import type { ManagerStatus } from "../components/local/manager/spec.ts";
import { nodeDir } from "../components/local/stateDir.ts";
import { localNodes } from "../components/node/nodeConfig.ts";
import { type Environment, readNodes } from "./environment.ts";

/** `up`: all services run. `degraded`: some do not. `down`: nothing answers. `gone`: it told the store once, and is in no config. */
export type NodeState = "up" | "degraded" | "down" | "gone";

export interface NodeStatus {
  readonly node: string;
  readonly region: string;
  readonly address: string | null;
  readonly state: NodeState;
  /** Services that do not run, by what they are instead. */
  readonly faults: Readonly<Record<string, string>>;
  readonly release: number | null;
  readonly generation: number | null;
  /** Generations behind the pointer; null before its first release, or where there is no pointer. */
  readonly behind: number | null;
  /** Why the newest release was not taken; null when it was. */
  readonly refused: string | null;
  /** When it last told the store. */
  readonly at: string | null;
}

export interface FleetStatus {
  readonly stack: string;
  readonly domain: string;
  readonly release: number | null;
  readonly generation: number | null;
  /** Releases that nodes serve beside the current one; empty when all serve that. */
  readonly skew: readonly number[];
  /** Sorted by region and name. */
  readonly nodes: readonly NodeStatus[];
}

/** What the nodes of a stack are and serve, by their managers and by what they told the store. */
export async function readFleetStatus(environment: Environment, store: ReleaseStore): Promise<FleetStatus> {
  const current = (await store.readCurrent())?.current ?? null;
  const acks = new Map((await readNodes(store)).map((ack) => [ack.node, ack]));
  const declared = environment.config.regions.flatMap((region) =>
    localNodes(region).map(({ name, address }) => ({ node: name, region: region.name, address })),
  );
  const known = new Set(declared.map(({ node }) => node));
  const nodes = await Promise.all(
    declared.map(async (place) => {
      const manager = await managerStatus(nodeDir(environment.paths.root, place.node));
      return { ...place, ...stateOf(manager), ...servedBy(acks.get(place.node), current) };
    }),
  );
  const gone = [...acks.values()]
    .filter(({ node }) => !known.has(node))
    .map((ack) => ({
      node: ack.node,
      region: ack.region,
      address: null,
      state: "gone" as const,
      faults: {},
      ...servedBy(ack, current),
    }));
  const served = [...new Set(nodes.flatMap(({ release }) => release ?? []))];
  return {
    stack: environment.stack,
    domain: environment.config.domain,
    release: current?.release ?? null,
    generation: current?.generation ?? null,
    skew: served.filter((release) => release !== current?.release).sort((a, b) => a - b),
    nodes: [...nodes, ...gone].sort((a, b) => (`${a.region}\0${a.node}` < `${b.region}\0${b.node}` ? -1 : 1)),
  };
}

/** Whether every declared node is up and serves the current release. */
export function isWell({ nodes }: FleetStatus): boolean {
  return nodes.every(
    ({ state, refused, behind }) => state === "gone" || (state === "up" && refused === null && behind === 0),
  );
}

function stateOf(manager: ManagerStatus | null): Pick<NodeStatus, "state" | "faults"> {
  if (manager === null) return { state: "down", faults: {} };
  const faulty = manager.services.filter(({ state }) => state !== "running");
  const faults = Object.fromEntries(
    faulty.map(({ name, state, lastExit }) => [name, lastExit === null ? state : `${state}, ended with ${lastExit}`]),
  );
  return { state: faulty.length === 0 ? "up" : "degraded", faults };
}

function servedBy(
  ack: Ack | undefined,
  current: Current | null,
): Pick<NodeStatus, "release" | "generation" | "behind" | "refused" | "at"> {
  if (ack === undefined) return { release: null, generation: null, behind: null, refused: null, at: null };
  const { release, generation, refused, at } = ack;
  const behind = generation === null || current === null ? null : current.generation - generation;
  return { release, generation, behind, refused: refused?.reason ?? null, at };
}
