/** What tests of the scheduler share. */
import type { TestContext } from "node:test";
import { functionOf, scratchFolder } from "../../release/fixtures.ts";
import { FolderLeases } from "../../release/folderLeases.ts";
import type { Lease } from "../../release/leases.ts";
import type { FunctionManifest } from "../../release/types.ts";
import type { RunOrder, RunVerdict, Schedule } from "../../schedules/schedule.ts";
import { AgentMetrics } from "../metrics.ts";
import { RunnerAwayError } from "../runnerControl.ts";
import { leaseName } from "./leaseName.ts";
import { Scheduler } from "./scheduler.ts";

export const MINUTE = 60_000;
export const NOON = Date.parse("2026-03-01T12:00:00Z");
export const EACH_MINUTE: Schedule = { cron: "* * * * *", scope: "fleet" };

export function scheduled(...schedules: Schedule[]): FunctionManifest[] {
  return [{ ...functionOf("job", "").manifest, schedules }];
}

/** Leases that do more before and after each change: wait, or fail. */
class TroubledLeases extends FolderLeases {
  before: (next: Lease) => Promise<void> | void = () => {};
  after: (next: Lease) => Promise<void> | void = () => {};

  override async compareAndSwapLease(name: string, expectedEtag: string | null, next: Lease): Promise<string | null> {
    await this.before(next);
    const etag = await super.compareAndSwapLease(name, expectedEtag, next);
    await this.after(next);
    return etag;
  }
}

/** Nodes over one folder of leases, and clocks that stand still until they are moved. */
export async function fleet(t: TestContext) {
  const store = new TroubledLeases(await scratchFolder(t));
  const clock = { nowMs: NOON + 1_000, monotonicMs: 0 };
  const runs: (RunOrder & { node: string })[] = [];
  const node = async (name: string, { region = "r", skewMs = 0, schedules = [EACH_MINUTE] } = {}) => {
    const control = { verdict: async (_: AbortSignal): Promise<RunVerdict> => ({ outcome: "ok" }), skewMs };
    const metrics = new AgentMetrics();
    const lines: string[] = [];
    const own = new FolderLeases(await scratchFolder(t));
    const scheduler = new Scheduler({
      ...{ node: name, region, metrics, leases: { fleet: store, region: store, node: own } },
      clock: { wallMs: () => clock.nowMs + control.skewMs, monotonicMs: () => clock.monotonicMs },
      run: (order, signal) => {
        runs.push({ ...order, node: name });
        return control.verdict(signal);
      },
      log: (_, message) => lines.push(message),
    });
    t.after(() => scheduler.stop());
    scheduler.serve(scheduled(...schedules));
    const tick = async () => {
      scheduler.tick();
      await scheduler.settled();
    };
    return {
      name,
      scheduler,
      tick,
      control,
      lines,
      count: (text: string) => Number(new RegExp(`^edge_agent_${text} (\\d+)$`, "m").exec(`${metrics}`)?.[1] ?? 0),
    };
  };
  const pass = (ms: number) => {
    clock.nowMs += ms;
    clock.monotonicMs += ms;
  };
  const leaseOf = (schedule = EACH_MINUTE) => store.readLease(leaseName("job", schedule, { node: "a", region: "r" }));
  return { node, pass, clock, runs, store, leaseOf };
}

/** Two nodes, the first of which runs the first minute's order; its run ends when `ended` is resolved. */
export async function running(t: TestContext) {
  const all = await fleet(t);
  const [a, b] = [await all.node("a"), await all.node("b")];
  await a.tick();
  const ended = Promise.withResolvers<RunVerdict>();
  a.control.verdict = (signal) => Promise.race([ended.promise, aborted(signal)]);
  all.pass(MINUTE);
  a.scheduler.tick();
  while (all.runs.length === 0) await new Promise(setImmediate);
  return { ...all, a, b, ended };
}

export function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener("abort", () => reject(new RunnerAwayError("stopped"))));
}

export const times = (runs: readonly RunOrder[]) => runs.map(({ scheduledTime }) => (scheduledTime - NOON) / MINUTE);
