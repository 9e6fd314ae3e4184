import { type Bench, running } from "../bench.ts";
import type { Address } from "../candidate.ts";
import { deployedEdgeFleet, edgeFleet, seeThroughProbation } from "../candidates/edgeFleet.ts";
import { Client } from "../client.ts";

const FUNCTIONS = 500;
const WORKERS = 2;
const ISOLATES = 200;
const CONNECTIONS = 8;
/** Requests before those that count, and those: what was asked for once is there then, or has gone again. */
const WARM_UP = 10_000;
const REQUESTS = 20_000;

export interface WarmRatio {
  readonly functions: number;
  readonly workers: number;
  readonly isolatesPerWorker: number;
  readonly requests: number;
  readonly cold: number;
  /** Share of requests that found an isolate of their function. */
  readonly ratio: number;
}

/** How many requests find an isolate when 500 functions are asked for as a Zipf law (s = 1) has it: the n-th 1/n as often as the first. */
export async function warmRatio(bench: Bench): Promise<WarmRatio | undefined> {
  if (!bench.has(edgeFleet)) return undefined;
  bench.progress(`warm ratio: starting ${FUNCTIONS} functions`);
  const application = bench.applications.tiny;
  const isolates = { max: ISOLATES, idleMs: 300_000, spare: 2 };
  const start = { application, tenants: FUNCTIONS, cpus: [] };
  const { server, end } = await running(start, bench, (of) => deployedEdgeFleet(of, { isolates, workers: WORKERS }));
  try {
    const { runner } = server;
    await seeThroughProbation(runner, application, { from: 0, to: FUNCTIONS });
    const tenants = zipf(FUNCTIONS, WARM_UP + REQUESTS);
    const load = async (from: number, to: number) => {
      bench.progress(`warm ratio: ${to - from} requests`);
      const next = { at: from };
      const paths = (index: number) => application.pathOf(tenants[index] as number);
      const connection = async () => {
        const client = await Client.open(server.addresses[0] as Address);
        while (next.at < to) await client.ask({ path: paths(next.at++), headers: application.headers });
        client.close();
      };
      await Promise.all(Array.from({ length: CONNECTIONS }, connection));
    };
    const coldRequests = async () =>
      (await runner.metrics()).sum("edge_runner_isolate_requests_total", { start: "cold" });
    await load(0, WARM_UP);
    const before = await coldRequests();
    await load(WARM_UP, WARM_UP + REQUESTS);
    const cold = (await coldRequests()) - before;
    const of = { functions: FUNCTIONS, workers: WORKERS, isolatesPerWorker: ISOLATES };
    return { ...of, requests: REQUESTS, cold, ratio: 1 - cold / REQUESTS };
  } finally {
    await end();
  }
}

/** `count` numbers below `functions`, always the same: a linear congruential generator is random enough for a load. */
export function zipf(functions: number, count: number): number[] {
  const sums: number[] = [];
  for (let rank = 1; rank <= functions; rank++) sums.push((sums.at(-1) ?? 0) + 1 / rank);
  const whole = sums.at(-1) as number;
  let state = 1;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const point = (state / 2 ** 32) * whole;
    return sums.findIndex((sum) => point < sum);
  });
}
