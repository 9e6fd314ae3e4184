import type { ReleaseStore } from "@edge-fleet/runner/release/store";
import type { Ack, Current } from "@edge-fleet/runner/release/types";
import { managerStatus } from "../components/local/manager/client.ts";
import type { ManagerStatus } from "../components/local/manager/spec.ts";
import { nodeDir } from "../components/local/stateDir.ts";
import { localNodes } from "../components/node/nodeConfig.ts";
import type { Machine } from "./aws/machines.ts";
import { type Environment, readNodes } from "./environment.ts";

/**
 * Of a local node, `up`: all services run. `degraded`: some do not. `down`: nothing answers. `gone`: it told the store once, and is in no config. Of one in
 * AWS, `up`: its group takes it for healthy and in service. `degraded`: it does not. `down`: it is healthy and has told nothing. `gone`: its machine is.
 */
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
export async function readFleetStatus(
  environment: Environment,
  store: ReleaseStore,
  machines: readonly Machine[] | null,
): Promise<FleetStatus> {
  const current = (await store.readCurrent())?.current ?? null;
  const acks = new Map((await readNodes(store)).map((ack) => [ack.node, ack]));
  const present = machines === null ? await localStates(environment) : machines.map((one) => inGroup(one, acks));
  const known = new Set(present.map(({ node }) => node));
  const nodes = present.map((one) => ({ ...one, ...servedBy(acks.get(one.node), current) }));
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

type Present = Pick<NodeStatus, "node" | "region" | "address" | "state" | "faults">;

async function localStates({ config, paths }: Environment): Promise<Present[]> {
  const declared = config.regions.flatMap((region) =>
    localNodes(region).map(({ name, address }) => ({ node: name, region: region.name, address })),
  );
  return Promise.all(
    declared.map(async (place) => ({ ...place, ...stateOf(await managerStatus(nodeDir(paths.root, place.node))) })),
  );
}

function inGroup({ node, region, state, isHealthy }: Machine, acks: ReadonlyMap<string, Ack>): Present {
  const place = { node, region, address: null };
  if (state !== "InService") return { ...place, state: "degraded", faults: { machine: state } };
  if (!isHealthy) return { ...place, state: "degraded", faults: { machine: "unhealthy" } };
  return { ...place, state: acks.has(node) ? "up" : "down", faults: {} };
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
