import assert from "node:assert/strict";
import { it } from "node:test";
import fc from "fast-check";
import type { Deployment } from "./deployment.ts";
import { type FakeWorker, settled, TestPool, type TestRequest } from "./poolFixture.ts";

const NAMES = ["a", "b", "c", "d"];
/** Workers that may die under one request by somebody's fault; the next death, whatever its cause, ends it. */
const DEATHS_MAX = 2;

interface Seen {
  readonly request: TestRequest;
  deaths: number;
  /** It has had all its repeats when its worker died. */
  spent: boolean;
  /** It had begun and could not be repeated when its worker died. */
  unrepeatable: boolean;
}

/** Drives a pool with random events and looks after each of them whether anything happened that must not. */
class Model {
  readonly test = new TestPool({ serving: 2, privates: 1 });
  readonly active = new Map<string, Deployment>();
  readonly seen: Seen[] = [];
  readonly #byCall = new Map<number, Seen>();
  readonly #effects = new Set<number>();
  #waiting: Seen[] = [];

  constructor() {
    for (const name of NAMES) this.active.set(name, this.test.deploy(name));
    this.test.invoked = (worker, id, key) => this.#invoked(worker, id, key);
  }

  request(pick: number): void {
    const deployment = this.active.get(NAMES[pick % NAMES.length] as string) as Deployment;
    const seen: Seen = { request: undefined as never, deaths: 0, spent: false, unrepeatable: false };
    this.#waiting.push(seen);
    const request = this.test.request(deployment, pick % 3 === 0 ? "POST" : "GET");
    Object.assign(seen, { request });
    this.seen.push(seen);
  }

  begin(pick: number): void {
    const found = this.#call(pick, ({ begun }) => !begun);
    found?.worker.begin(found.id);
  }

  effect(pick: number): void {
    const found = this.#call(pick, ({ begun }) => begun);
    if (found === undefined) return;
    this.#effects.add(found.id);
    found.worker.effect(found.id);
  }

  answer(pick: number): void {
    const found = this.#call(pick, () => true);
    found?.worker.answer(found.id, pick % 5 === 0);
  }

  /** The client gives up while the answer is on its way. */
  cross(pick: number): void {
    const found = this.#call(pick, () => true);
    found?.worker.answer(found.id, pick % 5 === 0, () => this.#giveUp(this.#byCall.get(found.id)));
  }

  over(pick: number): void {
    const lingering = [...this.test.workers.values()].flatMap((worker) =>
      [...worker.lingering.keys()].map((id) => ({ worker, id })),
    );
    const found = lingering[pick % Math.max(1, lingering.length)];
    found?.worker.over(found.id);
  }

  abort(pick: number): void {
    const open = this.seen.filter(({ request }) => isOpen(request));
    this.#giveUp(open[pick % Math.max(1, open.length)]);
  }

  #giveUp(seen: Seen | undefined): void {
    if (seen === undefined) return;
    seen.request.isCancelled = true;
    seen.request.cancel();
  }

  die(pick: number, cause: string): void {
    const workers = [...this.test.workers.values()];
    this.#die(workers[pick % Math.max(1, workers.length)], cause);
  }

  #die(worker: FakeWorker | undefined, cause: string): void {
    if (worker === undefined || this.test.workers.get(worker.slot) !== worker) return;
    for (const [id, { begun }] of worker.calls) {
      const seen = this.#byCall.get(id) as Seen;
      if (seen.deaths >= DEATHS_MAX) seen.spent = true;
      if (cause !== "signal") seen.deaths++;
      if (begun && (seen.request.method === "POST" || this.#effects.has(id))) seen.unrepeatable = true;
    }
    this.test.die(worker.slot, cause);
  }

  comeUp(pick: number): void {
    const { pool, serving, wanted } = this.test;
    const slots = [...Array.from({ length: serving + 1 }, (_, slot) => slot), ...wanted];
    const gone = slots.filter((slot) => !pool.isAttached(slot));
    const slot = gone[pick % Math.max(1, gone.length)];
    if (slot !== undefined) this.test.comeUp(slot);
  }

  retireWorker(pick: number): void {
    const found = this.#call(pick, ({ begun }) => begun);
    if (found === undefined || found.worker.retiring) return;
    found.worker.retire(found.key);
    // It ends itself soon, whatever comes.
    this.test.clock.after(500, () => this.#die(found.worker, "signal"));
  }

  deploy(pick: number): void {
    const name = NAMES[pick % NAMES.length] as string;
    const old = this.active.get(name) as Deployment;
    this.active.set(name, this.test.deploy(name, { place: "probation", concurrency: 1 + (pick % 4) }));
    this.test.retire(old);
  }

  start(pick: number): void {
    const starting = [...this.test.workers.values()].filter(({ starts }) => starts.length > 0);
    const worker = starting[pick % Math.max(1, starting.length)];
    const key = worker?.starts.shift();
    if (key !== undefined) worker?.started(key);
  }

  lift(pick: number): void {
    this.test.pool.healths.lift(this.active.get(NAMES[pick % NAMES.length] as string) as Deployment);
  }

  tick(ms: number): void {
    this.test.clock.advance(ms);
  }

  check(): void {
    assert.deepEqual(this.test.faults, []);
    const places = new Map<number, number>();
    for (const worker of this.test.workers.values()) {
      for (const id of worker.calls.keys()) places.set(id, (places.get(id) ?? 0) + 1);
    }
    for (const [id, count] of places) assert.equal(count, 1, `request ${id} runs in ${count} workers`);
    for (const { request, spent, unrepeatable } of this.seen) {
      assert.ok(request.outcomes.length <= 1, "a request was answered twice");
      assert.ok(!request.isCancelled || request.outcomes.length === 0, "a request that was given up was answered");
      const [outcome] = request.outcomes;
      if (outcome?.kind !== "failed") continue;
      const { code } = outcome.failure;
      assert.ok(["ERR_WORKER_LOST", "ERR_FUNCTION_QUARANTINED", "ERR_LIMIT_CONCURRENCY"].includes(code), code);
      if (code === "ERR_WORKER_LOST") assert.ok(unrepeatable || spent, "a request was lost needlessly");
    }
    for (const { running, lingering, manifest } of this.test.deployments.values()) {
      const { concurrency } = manifest.limits;
      assert.ok(running >= 0 && running <= concurrency, `${running} requests run`);
      assert.ok(lingering >= 0 && running + lingering <= 2 * concurrency, `${lingering} linger beside ${running}`);
    }
  }

  /** Everybody comes back and does their part: every request must get its answer, and nothing may be left. */
  async drain(): Promise<void> {
    for (let round = 0; round < 400; round++) {
      for (let slot = 0; slot < 8; slot++) this.comeUp(0);
      this.start(0);
      this.answer(1);
      this.over(0);
      this.tick(2_000);
      await settled();
      this.check();
    }
    for (const { request } of this.seen) assert.ok(!isOpen(request), "a request was never answered");
    for (const { running, lingering } of this.active.values()) assert.deepEqual([running, lingering], [0, 0]);
    const places = () => [...this.active.values()].map(({ health }) => health.place);
    const before = places();
    for (const slot of [...this.test.workers.keys()]) this.test.die(slot, "crash");
    assert.deepEqual(places(), before, "the death of a worker without work was laid at somebody's door");
    for (const name of NAMES) this.test.retire(this.active.get(name) as Deployment);
    this.tick(2_000);
    assert.equal(this.test.deployments.size, 0, "a version that nobody runs is still known");
    assert.equal(this.test.wanted.size, 0, "a private worker is wanted for nobody");
    assert.equal(this.test.grants.size, 0, "a worker still may ask for a version that is gone");
    for (const worker of this.test.workers.values()) assert.equal(worker.loaded.size, 0);
    assert.equal(this.test.clock.pending, 0, "a timer is left");
  }

  #invoked(worker: FakeWorker, id: number, key: number): void {
    const deployment = this.test.deployments.get(key) as Deployment;
    this.#expect(deployment.health.place !== "quarantined", "a request was sent for a function in quarantine");
    if (worker.slot > this.test.serving) {
      for (const call of worker.calls.values()) {
        const other = this.test.deployments.get(call.key) as Deployment;
        this.#expect(other.manifest.name === deployment.manifest.name, "two functions share a private worker");
      }
    }
    const known = this.#byCall.get(id);
    if (known !== undefined) {
      this.#expect(!known.unrepeatable, "a request was repeated that must not be");
      this.#expect(isOpen(known.request), "a request that is over was sent");
      return;
    }
    // Ids are given in the order of asking.
    const seen = this.#waiting[id - 1] as Seen;
    this.#expect(!(seen.request as TestRequest | undefined)?.isCancelled, "a request that was given up was sent");
    this.#byCall.set(id, seen);
  }

  #expect(good: boolean, fault: string): void {
    if (!good) this.test.faults.push(fault);
  }

  #call(pick: number, fits: (call: { begun: boolean }) => boolean) {
    const calls = [...this.test.workers.values()].flatMap((worker) =>
      [...worker.calls].filter(([, call]) => fits(call)).map(([id, { key }]) => ({ worker, id, key })),
    );
    return calls[pick % Math.max(1, calls.length)];
  }
}

function isOpen({ outcomes, isCancelled }: TestRequest): boolean {
  return outcomes.length === 0 && !isCancelled;
}

const CAUSES = ["crash", "crash", "signal", "stuck", "memory"];
type Verb =
  | "request"
  | "begin"
  | "effect"
  | "answer"
  | "cross"
  | "over"
  | "abort"
  | "die"
  | "comeUp"
  | "retireWorker"
  | "deploy"
  | "start"
  | "lift"
  | "tick";
const WEIGHTS: readonly [Verb, number][] = [
  ["request", 12],
  ["begin", 8],
  ["effect", 2],
  ["answer", 8],
  ["cross", 2],
  ["over", 3],
  ["abort", 2],
  ["die", 3],
  ["comeUp", 5],
  ["retireWorker", 1],
  ["deploy", 1],
  ["start", 3],
  ["lift", 1],
  ["tick", 3],
];

const step = fc.record({
  verb: fc.oneof(...WEIGHTS.map(([verb, weight]) => ({ weight, arbitrary: fc.constant(verb) }))),
  pick: fc.nat(1_000),
});

it("loses nothing, answers once, repeats only what may be repeated and forgets everything, whatever happens", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 200, size: "max" }), async (steps) => {
      const model = new Model();
      for (const { verb, pick } of steps) {
        if (verb === "die") model.die(pick, CAUSES[pick % CAUSES.length] as string);
        else if (verb === "tick") model.tick(pick * 15);
        else model[verb](pick);
        await settled();
        model.check();
      }
      await model.drain();
    }),
    { numRuns: Number(process.env.EDGE_MODEL_RUNS ?? 50) },
  );
});
