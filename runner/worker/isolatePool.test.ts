import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { IsolatePool, type Place, type Tenant } from "./isolatePool.ts";

const MB = 1024 * 1024;
const MAX = 3;
const IDLE_MS = 1_000;
const MEMORY_BYTES = 100 * MB;

/** What is known of the world around the pool. */
interface World {
  nowMs: number;
  residentBytes: number;
  readonly functions: FakeFunction[];
  readonly pool: IsolatePool;
}

/** A function as its worker runs it: gets a place when it has work, and keeps it until it is evicted. */
class FakeFunction implements Tenant {
  readonly world: World;
  readonly place: Place;
  readonly heapBytes = 4 * MB;
  work = 0;
  asked = false;
  hasIsolate = false;
  lastUsedMs = 0;

  constructor(world: World) {
    this.world = world;
    this.place = world.pool.place(this);
  }

  get isIdle(): boolean {
    return this.work === 0;
  }

  begin(): void {
    this.work++;
    this.lastUsedMs = this.world.nowMs;
    if (this.asked) return;
    this.asked = true;
    void this.place.enter().then(() => {
      this.hasIsolate = true;
    });
  }

  end(): void {
    this.work--;
    this.lastUsedMs = this.world.nowMs;
  }

  evict(): void {
    assert.equal(this.work, 0, "an isolate with work was evicted");
    const others = this.world.functions.filter((other) => other !== this && other.hasIsolate && other.isIdle);
    for (const other of others) assert.ok(other.lastUsedMs >= this.lastUsedMs, "not the least recently used");
    this.hasIsolate = false;
    this.asked = false;
    this.place.leave();
  }
}

function newWorld(functions: number): World {
  const world: World = {
    nowMs: 0,
    residentBytes: 0,
    functions: [],
    pool: new IsolatePool({
      max: MAX,
      idleMs: IDLE_MS,
      memoryBytes: MEMORY_BYTES,
      residentBytes: () => world.residentBytes,
      nowMs: () => world.nowMs,
    }),
  };
  for (let index = 0; index < functions; index++) world.functions.push(new FakeFunction(world));
  return world;
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

/** What has to hold whenever nothing is under way in the pool itself. */
function check({ pool, functions, residentBytes }: World): void {
  const live = functions.filter(({ hasIsolate }) => hasIsolate);
  const waiting = functions.filter(({ asked, hasIsolate }) => asked && !hasIsolate);
  assert.equal(pool.live, live.length);
  assert.equal(pool.waiting, waiting.length);
  assert.ok(live.length <= 2 * MAX, `${live.length} isolates`);
  if (waiting.length === 0) return;
  assert.ok(live.length >= MAX, "one waits although there is room");
  assert.ok(
    live.every(({ isIdle }) => !isIdle),
    "one waits although an idle one could go",
  );
  assert.ok(live.length === 2 * MAX || residentBytes >= 0.8 * MEMORY_BYTES, "one waits although there is memory");
}

const which = fc.nat({ max: 9 });
const operations = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant("begin" as const), which }),
    fc.record({ kind: fc.constant("end" as const), which }),
    fc.record({ kind: fc.constant("wait" as const), ms: fc.nat({ max: 600 }) }),
    fc.record({ kind: fc.constant("memory" as const), share: fc.constantFrom(0.1, 0.75, 0.85, 0.95) }),
  ),
  { maxLength: 60 },
);

describe("the pool of isolates", () => {
  it("never ends an isolate with work, makes nobody wait without need and passes no bound, whatever happens", async () => {
    await fc.assert(
      fc.asyncProperty(operations, async (list) => {
        const world = newWorld(10);
        for (const operation of list) {
          world.nowMs++;
          if (operation.kind === "begin") (world.functions[operation.which] as FakeFunction).begin();
          else if (operation.kind === "wait") world.nowMs += operation.ms;
          else if (operation.kind === "memory") world.residentBytes = operation.share * MEMORY_BYTES;
          else {
            const ending = world.functions[operation.which] as FakeFunction;
            if (ending.work > 0 && ending.hasIsolate) ending.end();
          }
          world.pool.sweep();
          await settled();
          check(world);
          const idleSince = world.nowMs - IDLE_MS;
          const idle = world.functions.some(({ hasIsolate, isIdle }) => hasIsolate && isIdle);
          assert.ok(!idle || world.pool.live <= MAX, "one more than are kept stayed although it was idle");
          for (const { hasIsolate, isIdle, lastUsedMs } of world.functions)
            assert.ok(!hasIsolate || !isIdle || lastUsedMs > idleSince, "one stayed although it was idle for long");
        }
      }),
      { numRuns: 300 },
    );
  });

  it("gives up as many idle isolates as bring memory below four fifths, the least recently used first", async () => {
    const world = newWorld(3);
    for (const entry of world.functions) {
      entry.begin();
      await settled();
      world.nowMs++;
      entry.end();
    }
    world.residentBytes = 0.8 * MEMORY_BYTES + 5 * MB;
    world.pool.sweep();
    assert.deepEqual(
      world.functions.map(({ hasIsolate }) => hasIsolate),
      [false, false, true],
    );
  });

  it("lets a few begin before idle ones have gone for them, then no more than it keeps", async () => {
    const world = newWorld(3 * MAX);
    const names = () => world.functions.flatMap(({ hasIsolate }, index) => (hasIsolate ? [index] : []));
    const use = async (index: number) => {
      const entry = world.functions[index] as FakeFunction;
      entry.begin();
      await settled();
      world.nowMs++;
      entry.end();
    };
    for (let index = 0; index < MAX + 1; index++) await use(index);
    assert.deepEqual(names(), [0, 1, 2, 3]);
    assert.ok(world.pool.isOver);
    world.pool.makeRoom();
    assert.deepEqual(names(), [1, 2, 3]);
    assert.ok(!world.pool.isOver);
    for (let index = MAX + 1; index < 3 * MAX; index++) await use(index);
    assert.equal(world.pool.live, 2 * MAX, "room that was taken ahead has an end");
    world.residentBytes = 0.9 * MEMORY_BYTES;
    await use(0);
    assert.ok(world.pool.live <= 2 * MAX, "memory is tight: an idle one goes first");
    assert.ok(names().includes(0));
  });

  it("lets one that waits go without taking a place", async () => {
    const world = newWorld(2 * MAX + 2);
    for (const entry of world.functions) entry.begin();
    await settled();
    const [first, second] = world.functions.filter(({ hasIsolate }) => !hasIsolate) as [FakeFunction, FakeFunction];
    first.place.leave();
    (world.functions[0] as FakeFunction).end();
    world.pool.admit();
    await settled();
    assert.deepEqual([first.hasIsolate, second.hasIsolate], [false, true]);
  });
});
