import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { HeapWatch } from "./heapWatch.ts";

const MB = 1024 * 1024;

describe("the watch on a heap", () => {
  it("remembers the most that it saw until it is asked", () => {
    const watch = new HeapWatch(64);
    watch.look({ heapBytes: 10 * MB }, 0);
    watch.look({ heapBytes: 30 * MB }, 100);
    watch.look({ heapBytes: 20 * MB }, 200);
    assert.equal(watch.bytes, 20 * MB);
    assert.equal(watch.takePeak(), 30 * MB);
    assert.equal(watch.takePeak(), 0);
  });

  it("looks no more than once in 20 ms, because a look costs as much as a small entry", () => {
    const watch = new HeapWatch(64);
    watch.look({ heapBytes: 1 }, 0);
    watch.look({ heapBytes: 2 }, 19);
    assert.equal(watch.bytes, 1);
    watch.look({ heapBytes: 2 }, 20);
    assert.equal(watch.bytes, 2);
  });

  it("calls a heap high from three quarters of its limit, and low again when it is", () => {
    const watch = new HeapWatch(64);
    watch.look({ heapBytes: 47 * MB }, 0);
    assert.equal(watch.isHigh, false);
    watch.look({ heapBytes: 49 * MB }, 100);
    assert.equal(watch.isHigh, true);
    watch.look({ heapBytes: 10 * MB }, 200);
    assert.equal(watch.isHigh, false);
  });
});
