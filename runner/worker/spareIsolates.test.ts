import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { until } from "../runnerFixture.ts";
import { SpareIsolates } from "./spareIsolates.ts";

class FakeIsolate {
  readonly heapMb: number;
  isDisposed = false;
  constructor(heapMb: number) {
    this.heapMb = heapMb;
  }
  dispose(): void {
    this.isDisposed = true;
  }
}

function newSpares({ count = 2, isIdle = (): boolean => true } = {}) {
  const made: FakeIsolate[] = [];
  const newIsolate = async (heapMb: number) => {
    const isolate = new FakeIsolate(heapMb);
    made.push(isolate);
    return isolate;
  };
  const spares = new SpareIsolates({ count, newIsolate, isIdle });
  const limits = () => made.filter(({ isDisposed }) => !isDisposed).map(({ heapMb }) => heapMb);
  return { spares, made, limits };
}

describe("spare isolates", () => {
  it("are made ready for the heap limits of the functions that are expected, and made again when taken", async () => {
    const { spares, made } = newSpares();
    spares.expect(64);
    await until("two are ready", () => spares.ready === 2);
    assert.deepEqual(
      made.map(({ heapMb }) => heapMb),
      [64, 64],
    );
    const taken = await spares.take(64);
    assert.ok(made.includes(taken));
    assert.equal(made.length, 2);
    await until("another is made", () => made.length === 3 && spares.ready === 2);
    assert.notEqual(await spares.take(64), taken);
  });

  it("serve one heap limit only, and follow what the last functions asked for", async () => {
    const { spares, made, limits } = newSpares();
    spares.expect(128);
    await until("two are ready", () => spares.ready === 2);
    const first = await spares.take(8);
    assert.equal(first.heapMb, 8);
    assert.equal(made.at(-1), first);
    await until("one of each is ready", () => limits().join() === "128,8,8" || limits().join() === "8,8,128");
    await spares.take(8);
    await until("both are for the new limit", () => spares.ready === 2 && !limits().includes(128));
  });

  it("wait until nobody is kept waiting by their making", async () => {
    let isIdle = false;
    const { spares, made } = newSpares({ count: 1, isIdle: () => isIdle });
    spares.expect(64);
    await new Promise((resolve) => setTimeout(resolve, 60));
    assert.equal(made.length, 0);
    isIdle = true;
    await until("it is ready", () => spares.ready === 1);
  });

  it("are none where none are configured", async () => {
    const { spares, made } = newSpares({ count: 0 });
    spares.expect(64);
    const taken = await spares.take(64);
    assert.deepEqual(made, [taken]);
    await new Promise((resolve) => setTimeout(resolve, 30));
    assert.equal(made.length, 1);
  });
});
