import type { RunnerConfig } from "../../../config.ts";
import { PROBATION } from "../../../router/health/functionHealth.ts";
import { TestRunner, until } from "../../../runnerFixture.ts";
import { type Application, tenantPath } from "../application.ts";
import type { Candidate, Server, Start } from "../candidate.ts";
import { Client } from "../client.ts";
import { pinned } from "../cores.ts";

const PROMOTED_WITHIN_MS = 120_000;

/** A runner beside what the measures ask of it. */
export interface EdgeFleetServer extends Server {
  readonly runner: TestRunner;
}

/** The runner as a node runs it: supervisor, router, broker, a worker per CPU and the one that stands by. */
export const edgeFleet: Candidate = {
  name: "edge-fleet",
  how: "the whole runner: router, workers, broker",
  isMultiTenant: true,
  start: (start) => startedEdgeFleet(start),
};

/** Starts it with all functions deployed and through their probation, so that they run where they belong. */
export async function startedEdgeFleet(start: Start, config: Partial<RunnerConfig> = {}): Promise<EdgeFleetServer> {
  const server = await deployedEdgeFleet(start, config);
  try {
    await seeThroughProbation(server.runner, start.application, { from: 0, to: start.tenants });
  } catch (error) {
    await server.stop();
    throw error;
  }
  return server;
}

/** Starts it with all functions deployed; none has had a request. */
export async function deployedEdgeFleet(start: Start, config: Partial<RunnerConfig> = {}): Promise<EdgeFleetServer> {
  const { application, tenants, cpus } = start;
  const runner = new TestRunner({ workers: Math.max(1, cpus.length), workerRssMb: 4_096, ...config });
  if (cpus.length > 0) runner.wrapper = pinned(cpus);
  try {
    await runner.start();
    const functions = Array.from({ length: tenants }, (_, tenant) => {
      return [`t${tenant}`, { code: application.code, routes: [`${tenantPath(tenant)}*`] }] as const;
    });
    await runner.deploy(Object.fromEntries(functions));
  } catch (error) {
    await runner[Symbol.asyncDispose]();
    throw error;
  }
  return {
    runner,
    addresses: [{ socket: runner.config.data }],
    pids: [runner.process?.pid as number],
    stop: () => runner[Symbol.asyncDispose](),
  };
}

/** Asks functions until they run in the serving workers. */
export async function seeThroughProbation(
  runner: TestRunner,
  { pathOf, headers }: Application,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<void> {
  const client = await Client.open({ socket: runner.config.data });
  try {
    for (let tenant = from; tenant < to; tenant++) {
      for (let request = 0; request < PROBATION.answers; request++) await client.ask({ path: pathOf(tenant), headers });
    }
  } finally {
    client.close();
  }
  const areThrough = async () => {
    const { functions } = JSON.parse((await runner.ask("/functions")).body);
    const places = Array.from({ length: to - from }, (_, index) => functions[`t${from + index}`]?.place);
    return places.every((place) => place === "shared");
  };
  await until("every function has left probation", areThrough, PROMOTED_WITHIN_MS);
}
