import { type Failure, limitFailure } from "../errors.ts";
import type { Frame, Messages } from "../protocol/messages.ts";
import { Admission } from "./admission.ts";
import { isBelievable } from "./believable.ts";
import type { BrokerGrants } from "./brokerGrants.ts";
import {
  type Asker,
  askerOf,
  type Call,
  isLastWord,
  isRepeatable,
  isSuspect,
  newCall,
  type Outcome,
  type Request,
  type RunningCall,
  runningCall,
  suspectsIn,
} from "./call.ts";
import { DeathReports, type Loss } from "./deathReports.ts";
import type { Deployment } from "./deployment.ts";
import { isNobodysFault } from "./health/blame.ts";
import { FunctionHealths, type HealthsParts } from "./health/functionHealths.ts";
import { Placement } from "./placement.ts";
import { type PrivateProcesses, PrivateSlots } from "./privateSlots.ts";
import { type CodeSource, type Grants, SlotLoads } from "./slotLoads.ts";
import { TakeOver } from "./takeOver.ts";
import { TrialStarts } from "./trialStarts.ts";
import type { WorkerReports } from "./workerReports.ts";
import { noteBegun, type Slot, vacate, type WorkerLink, WorkerSlots } from "./workerSlots.ts";

interface PoolParts extends Omit<HealthsParts, "privates" | "moved"> {
  readonly serving: number;
  readonly privates: number;
  readonly processes: PrivateProcesses;
  readonly grants: Grants & Pick<BrokerGrants, "revokeSlot">;
  readonly code: CodeSource;
  /** Hears what workers tell of themselves. */
  readonly reports: Pick<WorkerReports, "hear" | "failedUnheard">;
  /** Finds a deployment by its key. */
  readonly deploymentOf: (key: number) => Deployment | undefined;
}

/**
 * The workers as the router sees them. A request passes two gates: its function's concurrency (the queue), then a place in a
 * worker (the lane). When its worker dies it goes through the second gate again, or is answered for.
 */
export class WorkerPool {
  readonly healths: FunctionHealths;
  readonly starts: TrialStarts;
  readonly #parts: PoolParts;
  readonly #slots: WorkerSlots;
  readonly #privates: PrivateSlots;
  readonly #admission: Admission;
  readonly #placement: Placement;
  readonly #deaths: DeathReports;
  readonly #takeOver: TakeOver;
  #lastId = 0;

  constructor(parts: PoolParts) {
    const { clock, log, metrics, serving } = parts;
    this.#parts = parts;
    this.#admission = new Admission(serving, (call) => this.#place(call));
    this.#slots = new WorkerSlots(parts);
    const privates = new PrivateSlots(this.#slots, parts.processes);
    this.#privates = privates;
    this.starts = new TrialStarts({ slots: this.#slots, privates, clock });
    this.healths = new FunctionHealths({ ...parts, privates, moved: (deployment) => this.#relane(deployment) });
    this.#takeOver = new TakeOver(clock, () => {
      this.#fill();
      this.#placement.pump();
    });
    this.#placement = new Placement({
      ...{ clock, log, metrics },
      slots: this.#slots,
      healths: this.healths,
      takeOver: this.#takeOver,
      failed: (call, failure) => this.#settle(call, { kind: "failed", failure }),
    });
    this.#deaths = new DeathReports(clock, (cause, loss) => this.#judge(cause, loss));
  }

  /** Workers that are there, private ones not counted. */
  get connected(): number {
    return this.#slots.connected;
  }

  /** Whether a slot has its process already; a second connection is refused. */
  isAttached(slot: number): boolean {
    return this.#slots.all[slot]?.link !== undefined;
  }

  attach(index: number, link: WorkerLink): void {
    const slot = this.#slots.all[index] as Slot;
    Object.assign(slot, { link, retiring: false, loads: new SlotLoads(slot, link, this.#parts) });
    this.#takeOver.wanted();
    this.#parts.metrics.set("edge_runner_workers", {}, this.connected);
    this.#parts.log("info", "a worker is connected", { slot: index });
    this.#placement.pump();
    this.starts.attached();
  }

  /** The worker is gone. What had not begun goes elsewhere, and so does what can be repeated; the rest is answered for. */
  detach(index: number): void {
    const slot = this.#slots.all[index] as Slot;
    const calls = slot.calls.values();
    const suspected = new Set(calls.filter((call) => isSuspect(call, slot)));
    // A worker that retires has named its function already.
    this.#deaths.lost(index, { suspects: slot.retiring ? [] : suspectsIn(slot), calls: suspected });
    slot.loads?.close();
    this.#parts.grants.revokeSlot(index);
    const lingering = vacate(slot);
    for (const call of suspected) this.#repeat(call);
    this.#takeOver.wanted();
    this.#parts.metrics.set("edge_runner_workers", {}, this.connected);
    for (const call of calls) if (!suspected.has(call)) this.#place(call);
    for (const deployment of lingering) this.#admission.ended(deployment);
    this.#privates.left(slot);
  }

  /** The supervisor's word on why a worker died. */
  died(slot: number, cause: string): void {
    this.#deaths.reported(slot, cause);
  }

  asker(index: number, id: number): Asker | undefined {
    return this.#slots.asker(index, id);
  }

  /** @returns the call, or what it was refused with. */
  run(request: Request): RunningCall | Failure {
    const { deployment } = request;
    const { limits } = deployment.manifest;
    this.#lastId = (this.#lastId % 0xffffffff) + 1;
    const call = newCall(this.#lastId, request);
    if (!this.#admission.take(call)) return limitFailure("concurrency", limits, limits.concurrency);
    return runningCall(call, () => this.#finish(call));
  }

  hear(index: number, frame: Frame): void {
    const slot = this.#slots.all[index] as Slot;
    const call = slot.calls.get(frame.id);
    if (isLastWord(frame)) this.#over(slot, frame.id);
    switch (frame.kind) {
      case "begun":
        if (isBelievable(frame)) for (const id of frame.meta) noteBegun(slot, id);
        return;
      case "effect":
        if (call !== undefined) call.effect = true;
        return;
      case "answer":
        this.#parts.reports.hear(index, frame);
        if (call === undefined) return;
        call.lingers = frame.meta.cost === undefined;
        this.#answer(call, frame.meta, frame.body);
        if (this.healths.answered(call.deployment)) void this.#promote(call.deployment);
        return;
      case "part":
      case "credit":
        call?.caller.hearBody(frame);
        return;
      case "partEnd":
      case "partFailed":
        if (call === undefined) return;
        this.#finish(call);
        call.caller.hearBody(frame);
        return;
      case "failed":
        return void this.#failed(slot, frame, call);
      case "probed":
        slot.loads?.hearStart(frame.id, frame.meta);
        return;
      case "retiring":
        this.#retireWorker(slot, frame.meta);
        break;
      case "isolateEnded": {
        const deployment = this.#parts.deploymentOf(frame.meta.key);
        if (deployment !== undefined) this.healths.isolateEnded(deployment, frame.meta.exit);
        break;
      }
    }
    this.#parts.reports.hear(index, frame);
  }

  /** The version gets no new requests; with its last one it leaves the workers, and `gone` is called. */
  retire(deployment: Deployment, gone: () => void): void {
    deployment.whenGone = gone;
    this.#unloadWhenOver(deployment);
  }

  #fill(): void {
    const taken = this.#slots.fill();
    if (taken !== undefined) this.#parts.log("info", "the worker that stood by serves in a lost one's place", taken);
  }

  #place(call: Call): void {
    call.stage = "laned";
    call.slot = undefined;
    call.sent = false;
    call.begun = false;
    this.#placement.place(call);
  }

  #repeat(call: Call): void {
    this.#takeOver.repeated(call);
    if (!isRepeatable(call)) return void this.#settle(call, { kind: "failed", failure: { code: "ERR_WORKER_LOST" } });
    call.losses++;
    call.lostAtMs = this.#parts.clock.nowMs();
    this.#parts.metrics.of(call.deployment.manifest).add("edge_runner_replays_total", {});
    this.#place(call);
  }

  #judge(cause: string, { suspects, calls }: Loss): void {
    if (isNobodysFault(cause)) for (const call of calls) call.excused++;
    this.healths.judge(cause, suspects);
  }

  #retireWorker(slot: Slot, { key }: Extract<Frame, { kind: "retiring" }>["meta"]): void {
    slot.retiring = true;
    const accused = this.#parts.deploymentOf(key);
    this.#fill();
    // What is still on its way there goes elsewhere.
    for (const call of slot.calls.values().filter(({ sent }) => !sent)) {
      slot.calls.delete(call.id);
      this.#place(call);
    }
    if (accused !== undefined) this.healths.judge("stuck", [accused]);
  }

  /** Its isolate starts in the worker where it will run before requests go there. */
  async #promote(deployment: Deployment): Promise<void> {
    if (!(await this.starts.warm(deployment))) return;
    if (deployment.whenGone === undefined) this.healths.promote(deployment);
    this.#unloadWhenOver(deployment);
  }

  #relane(deployment: Deployment): void {
    const laned = this.#placement.forget(deployment);
    const queued = deployment.health.place === "quarantined" ? this.#admission.takeAllOf(deployment) : [];
    for (const call of laned) this.#place(call);
    for (const call of queued) this.#placement.refuse(call);
  }

  #answer(call: Call, { head, streams }: Messages["answer"], body: Buffer): void {
    if (!streams) return void this.#settle(call, { kind: "answer", head, body });
    call.answering = true;
    call.caller.settle({ kind: "stream", head });
  }

  #failed(slot: Slot, frame: Extract<Frame, { kind: "failed" }>, call: Call | undefined): void {
    const failure: Failure = isBelievable(frame) ? frame.meta : { code: "ERR_FUNCTION_RESPONSE" };
    if (call !== undefined) return void this.#settle(call, { kind: "failed", failure });
    const deployment = slot.lingering.get(frame.id)?.deployment;
    if (deployment !== undefined) this.#parts.reports.failedUnheard(deployment, failure);
  }

  #settle(call: Call, outcome: Outcome): void {
    if (call.stage === "over") return;
    this.#finish(call);
    call.caller.settle(outcome);
  }

  #finish(call: Call): void {
    const { deployment, slot, stage } = call;
    call.stage = "over";
    if (stage === "queued") {
      this.#admission.remove(call);
      this.#unloadWhenOver(deployment);
      return;
    }
    if (stage === "laned") this.#placement.remove(call);
    const lingers = slot?.calls.delete(call.id) === true && call.begun && call.lingers;
    if (lingers) slot.lingering.set(call.id, askerOf(call));
    this.#admission.answered(deployment, lingers);
    this.#takeOver.repeated(call);
    this.#placement.pump();
    if (slot !== undefined) this.#privates.left(slot);
    this.#unloadWhenOver(deployment);
  }

  /** Nothing of a request is left in its worker. */
  #over(slot: Slot, id: number): void {
    const lingering = slot.lingering.get(id);
    slot.lingering.delete(id);
    if (lingering !== undefined) this.#admission.ended(lingering.deployment);
    this.#privates.left(slot);
  }

  /** Takes a retired version that nobody runs any more out of all workers. */
  #unloadWhenOver(deployment: Deployment): void {
    const { running, whenGone } = deployment;
    if (whenGone === undefined || running > 0 || this.#admission.hasWaiting(deployment)) return;
    this.#parts.metrics.retire(deployment.manifest);
    this.healths.forget(deployment);
    this.#placement.forget(deployment);
    for (const slot of this.#slots.all) slot.loads?.unload(deployment.key);
    whenGone();
  }
}
