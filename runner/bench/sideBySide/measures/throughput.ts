import type { ApplicationName } from "../application.ts";
import { type Bench, type Running, running } from "../bench.ts";
import type { Candidate } from "../candidate.ts";
import { edgeFleet } from "../candidates/edgeFleet.ts";
import { bun, deno, miniflare, plainNode, seed } from "../candidates/scripts.ts";
import { workerd, workerdLoader } from "../candidates/workerd.ts";
import { h2load, type Load, type LoadResult } from "../h2load.ts";
import { treeCpuMs } from "../processTree.ts";

const ROUND = { reused: { seconds: 2 }, new: { requests: 4_000 } };
/** Counted, not timed: on a busy machine too everything is compiled for speed before it is measured, in each tenant's isolate for itself. */
const WARM_UP = { least: { tiny: 20_000, medium: 10_000 }, perTenant: 700 };

interface Scenario {
  readonly application: ApplicationName;
  readonly tenants: number;
  readonly connections: "reused" | "new";
  readonly candidates: readonly Candidate[];
}

const SCENARIOS: readonly Scenario[] = [
  {
    ...{ application: "tiny", tenants: 1, connections: "reused" },
    candidates: [edgeFleet, workerd, seed, deno, bun, miniflare, plainNode],
  },
  {
    ...{ application: "tiny", tenants: 1, connections: "new" },
    candidates: [edgeFleet, workerd, seed, deno, bun, plainNode],
  },
  {
    ...{ application: "tiny", tenants: 50, connections: "reused" },
    candidates: [edgeFleet, workerd, workerdLoader, seed],
  },
  {
    ...{ application: "medium", tenants: 1, connections: "reused" },
    candidates: [edgeFleet, workerd, seed, deno, bun, miniflare],
  },
  {
    ...{ application: "medium", tenants: 50, connections: "reused" },
    candidates: [edgeFleet, workerd, workerdLoader, seed],
  },
];

/** What one candidate did in one scenario, a figure a round. */
export interface Throughput extends Omit<Scenario, "candidates"> {
  readonly candidate: string;
  readonly perSecond: readonly number[];
  /** CPU time of all of its processes per request, µs: it says more than the rate on a machine that is shared. */
  readonly cpuMicros: readonly number[];
}

interface Entrant extends Running {
  readonly candidate: Candidate;
  readonly perSecond: number[];
  readonly cpuMicros: number[];
}

/** Requests per second and CPU time per request, of all candidates in turn on the same CPUs. */
export async function throughput(bench: Bench): Promise<Throughput[]> {
  const results: Throughput[] = [];
  for (const scenario of SCENARIOS) results.push(...(await scenarioResults(scenario, bench)));
  return results;
}

async function scenarioResults(scenario: Scenario, bench: Bench): Promise<Throughput[]> {
  const { candidates, ...what } = scenario;
  const words = `${what.application}, tenants: ${what.tenants}, connections: ${what.connections}`;
  const entrants: Entrant[] = [];
  try {
    for (const candidate of candidates.filter(bench.has)) {
      bench.progress(`throughput: ${words}: starting ${candidate.name}`);
      const started = await running(startOf(scenario, bench), bench, candidate.start);
      entrants.push({ ...started, candidate, perSecond: [], cpuMicros: [] });
      const requests = Math.max(WARM_UP.least[scenario.application], WARM_UP.perTenant * scenario.tenants);
      await loaded(started, { scenario, until: { requests } }, bench);
    }
    for (let round = 0; round < bench.rounds; round++) {
      for (const entrant of entrants) {
        bench.progress(`throughput: ${words}: round ${round + 1} of ${bench.rounds}: ${entrant.candidate.name}`);
        const before = cpuMsOf(entrant);
        const { requests, perSecond } = await loaded(entrant, { scenario, until: ROUND[scenario.connections] }, bench);
        entrant.perSecond.push(perSecond);
        entrant.cpuMicros.push(((cpuMsOf(entrant) - before) * 1_000) / requests);
      }
    }
  } finally {
    await Promise.all(entrants.map((entrant) => entrant.end()));
  }
  return entrants.map(({ candidate, perSecond, cpuMicros }) => {
    return { ...what, candidate: candidate.name, perSecond, cpuMicros };
  });
}

function startOf({ application, tenants }: Scenario, { applications, cores }: Bench) {
  return { application: applications[application], tenants, cpus: cores.server };
}

function loaded(
  { server, dir }: Running,
  { scenario, until }: { scenario: Scenario; until: Load["until"] },
  { applications, cores }: Bench,
): Promise<LoadResult> {
  return h2load({
    addresses: server.addresses,
    application: applications[scenario.application],
    tenants: scenario.tenants,
    isOnNewConnections: scenario.connections === "new",
    until,
    cpus: cores.load,
    dir,
  });
}

function cpuMsOf({ server }: Running): number {
  return server.pids.reduce((sum, pid) => sum + treeCpuMs(pid), 0);
}
