import { setTimeout as delay } from "node:timers/promises";
import { APPLICATIONS, type Application, type ApplicationName } from "../application.ts";
import { type Bench, running } from "../bench.ts";
import type { Address, Candidate } from "../candidate.ts";
import { edgeFleet, startedEdgeFleet } from "../candidates/edgeFleet.ts";
import { bun, deno, miniflare, seed } from "../candidates/scripts.ts";
import { workerd, workerdLoader } from "../candidates/workerd.ts";
import { Client } from "../client.ts";
import { medianOf } from "../statistics.ts";

/** Functions that are started one after the other in each round. */
const FUNCTIONS = 30;
/** Processes that are started one after the other in each round. */
const PROCESSES = 3;
/** Between two starts: whoever keeps something ready can make it again. */
const PAUSE_MS = 40;
/** Isolates that the runner keeps here: fewer than functions, so that each is gone when its turn comes again. */
const KEPT_ISOLATES = 4;
const WARM_REQUESTS = 20;

/** Times of first requests, client to client, ms. */
export interface ColdStarts {
  readonly candidate: string;
  readonly application: ApplicationName;
  readonly kind: "function" | "process";
  /** Median of each round. */
  readonly coldMs: readonly number[];
  /** The same without what a warm request takes; for a process nothing is taken off. */
  readonly overWarmMs: readonly number[];
}

/** Times of one round. */
interface Round {
  readonly coldMs: number;
  readonly warmMs: number;
}

interface Entrant {
  readonly candidate: Candidate;
  readonly kind: ColdStarts["kind"];
  readonly round: (application: Application, bench: Bench) => Promise<Round>;
}

const ENTRANTS: readonly Entrant[] = [
  { candidate: edgeFleet, kind: "function", round: edgeFleetRound },
  { candidate: workerdLoader, kind: "function", round: (...of) => functionsRound(workerdLoader, ...of) },
  { candidate: seed, kind: "function", round: (...of) => functionsRound(seed, ...of) },
  ...[workerd, deno, bun, miniflare].map((candidate): Entrant => {
    return { candidate, kind: "process", round: (...of) => processesRound(candidate, ...of) };
  }),
];

/** The time until a function that nothing has been made ready for has answered. */
export async function coldStarts(bench: Bench): Promise<ColdStarts[]> {
  const seen = new Map<string, { cold: number[]; overWarm: number[] } & Omit<ColdStarts, "coldMs" | "overWarmMs">>();
  for (let round = 0; round < bench.rounds; round++) {
    for (const name of APPLICATIONS) {
      for (const { candidate, kind, round: measured } of ENTRANTS.filter((entrant) => bench.has(entrant.candidate))) {
        bench.progress(`cold starts: ${name}: round ${round + 1} of ${bench.rounds}: ${candidate.name}, ${kind}`);
        const { coldMs, warmMs } = await measured(bench.applications[name], bench);
        const key = `${candidate.name} ${kind} ${name}`;
        const times = seen.get(key) ?? { candidate: candidate.name, application: name, kind, cold: [], overWarm: [] };
        times.cold.push(coldMs);
        times.overWarm.push(coldMs - warmMs);
        seen.set(key, times);
      }
    }
  }
  return [...seen.values()].map(({ cold, overWarm, ...of }) => ({ ...of, coldMs: cold, overWarmMs: overWarm }));
}

/** @throws Error when a request that was to be the first of an isolate was not. */
async function edgeFleetRound(application: Application, bench: Bench): Promise<Round> {
  const isolates = { max: KEPT_ISOLATES, idleMs: 300_000, spare: 2 };
  const started = await running({ application, tenants: FUNCTIONS + 1, cpus: [] }, bench, (start) =>
    startedEdgeFleet(start, { isolates }),
  );
  try {
    const { addresses, runner } = started.server;
    const coldBefore = (await runner.metrics()).sum("edge_runner_cold_starts_total");
    const round = await firstRequests(addresses[0] as Address, application);
    const cold = (await runner.metrics()).sum("edge_runner_cold_starts_total") - coldBefore;
    if (cold !== FUNCTIONS) throw new Error(`${cold} of ${FUNCTIONS} requests were the first of an isolate`);
    return round;
  } finally {
    await started.end();
  }
}

async function functionsRound(candidate: Candidate, application: Application, bench: Bench): Promise<Round> {
  const started = await running({ application, tenants: 1, cpus: [] }, bench, candidate.start);
  try {
    return await firstRequests(started.server.addresses[0] as Address, application);
  } finally {
    await started.end();
  }
}

/** Each function's first request, and later ones to tell what of it is no start. */
async function firstRequests(address: Address, application: Application): Promise<Round> {
  const { headers } = application;
  const client = await Client.open(address);
  const cold: number[] = [];
  const warm: number[] = [];
  try {
    // The one with number 0 is there already where a first request has shown that the candidate serves.
    for (let tenant = 1; tenant <= FUNCTIONS; tenant++) {
      await delay(PAUSE_MS);
      const asked = { path: application.pathOf(tenant), headers };
      cold.push(await client.ask(asked));
      for (let request = 0; request < WARM_REQUESTS; request++) warm.push(await client.ask(asked));
    }
  } finally {
    client.close();
  }
  return { coldMs: medianOf(cold), warmMs: medianOf(warm) };
}

async function processesRound(candidate: Candidate, application: Application, bench: Bench): Promise<Round> {
  const times: number[] = [];
  for (let started = 0; started < PROCESSES; started++) {
    const beganMs = performance.now();
    const { end } = await running({ application, tenants: 1, cpus: [] }, bench, candidate.start);
    times.push(performance.now() - beganMs);
    await end();
  }
  return { coldMs: medianOf(times), warmMs: 0 };
}
