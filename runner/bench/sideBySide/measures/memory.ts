import { setTimeout as delay } from "node:timers/promises";
import { cpuMs, runnerProcesses } from "../../../runnerProcesses.ts";
import { APPLICATIONS, type Application, type ApplicationName } from "../application.ts";
import { type Bench, running } from "../bench.ts";
import type { Address, Candidate } from "../candidate.ts";
import { deployedEdgeFleet, edgeFleet, seeThroughProbation } from "../candidates/edgeFleet.ts";
import { seed } from "../candidates/scripts.ts";
import { workerdLoader } from "../candidates/workerd.ts";
import { Client } from "../client.ts";
import { residentMb } from "../processTree.ts";

const FIRST = 20;
const FURTHER = 100;
const REQUESTS = 5;
/** For what garbage collections give back by themselves. */
const SETTLE_MS = 2_000;

export interface Memory {
  readonly candidate: string;
  readonly application: ApplicationName;
  /** By which the process that runs it grows for each further idle function, a figure a round, MB. */
  readonly megabytes: readonly number[];
}

/** Functions by number, `to` left out. */
interface Range {
  readonly from: number;
  readonly to: number;
}

const CANDIDATES: readonly Candidate[] = [edgeFleet, workerdLoader, seed];

/** What a further function that has served and waits for its next request takes. */
export async function memory(bench: Bench): Promise<Memory[]> {
  const results: Memory[] = [];
  for (const application of APPLICATIONS) {
    for (const candidate of CANDIDATES.filter(bench.has)) {
      const megabytes: number[] = [];
      for (let round = 0; round < bench.rounds; round++) {
        bench.progress(`memory: ${application}: round ${round + 1} of ${bench.rounds}: ${candidate.name}`);
        const of = bench.applications[application];
        megabytes.push(
          await (candidate === edgeFleet ? edgeFleetGrowth(of, bench) : processGrowth(candidate, of, bench)),
        );
      }
      results.push({ candidate: candidate.name, application, megabytes });
    }
  }
  return results;
}

/** The growth of its serving worker, where each isolate comes when its function has left probation. */
async function edgeFleetGrowth(application: Application, bench: Bench): Promise<number> {
  const isolates = { max: 2 * (FIRST + FURTHER), idleMs: 300_000, spare: 2 };
  const start = { application, tenants: FIRST + FURTHER, cpus: [] };
  const { server, end } = await running(start, bench, (of) => deployedEdgeFleet(of, { isolates, workers: 1 }));
  try {
    const { runner, pids, addresses } = server;
    const serve = async (range: Range) => {
      await seeThroughProbation(runner, application, range);
      await ask(addresses[0] as Address, application, range);
    };
    await serve({ from: 0, to: FIRST });
    const worker = await busiest(runnerProcesses(pids[0] as number, "worker"), () => serve({ from: 0, to: FIRST }));
    return await growthOf(worker, () => serve({ from: FIRST, to: FIRST + FURTHER }));
  } finally {
    await end();
  }
}

/** The growth of its one process. */
async function processGrowth(candidate: Candidate, application: Application, bench: Bench): Promise<number> {
  const { server, end } = await running({ application, tenants: 1, cpus: [] }, bench, candidate.start);
  try {
    const [address] = server.addresses as [Address];
    await ask(address, application, { from: 0, to: FIRST });
    const further = () => ask(address, application, { from: FIRST, to: FIRST + FURTHER });
    return await growthOf(server.pids[0] as number, further);
  } finally {
    await end();
  }
}

async function growthOf(pid: number, further: () => Promise<void>): Promise<number> {
  await delay(SETTLE_MS);
  const before = residentMb(pid);
  await further();
  await delay(SETTLE_MS);
  return (residentMb(pid) - before) / FURTHER;
}

async function ask(address: Address, { pathOf, headers }: Application, { from, to }: Range): Promise<void> {
  const client = await Client.open(address);
  try {
    for (let tenant = from; tenant < to; tenant++) {
      for (let request = 0; request < REQUESTS; request++) await client.ask({ path: pathOf(tenant), headers });
    }
  } finally {
    client.close();
  }
}

/** Of several processes the one that the work keeps busiest. */
async function busiest(pids: readonly number[], work: () => Promise<void>): Promise<number> {
  const before = pids.map(cpuMs);
  await work();
  const used = pids.map((pid, index) => cpuMs(pid) - (before[index] as number));
  return pids[used.indexOf(Math.max(...used))] as number;
}
