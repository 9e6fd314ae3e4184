import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { StackMapper, splitStack } from "./stackMapper.ts";

/** Answers when the test lets it. */
class StandInThread {
  readonly asked: string[] = [];
  #answers: (() => void)[] = [];

  get waiting(): number {
    return this.#answers.length;
  }

  map(text: string): Promise<string> {
    this.asked.push(text);
    return new Promise((resolve) => {
      this.#answers.push(() => resolve(text.replaceAll("index.mjs", "src/a.ts")));
    });
  }

  async answer(): Promise<void> {
    for (const answer of this.#answers.splice(0)) answer();
  }
}

const V1 = { version: "v1", files: { "index.mjs": "/modules/1" } };
const stackAt = (line: number) => `Error: no\n    at fetch (index.mjs:${line}:5)\n    at index.mjs:1:1`;

describe("stacks of functions", () => {
  it("are told by their sources, each place looked up once", async () => {
    const thread = new StandInThread();
    const mapper = new StackMapper(thread);
    const first = mapper.map(stackAt(7), V1);
    await thread.answer();
    assert.equal(await first, "Error: no\n    at fetch (src/a.ts:7:5)\n    at src/a.ts:1:1");
    assert.equal(mapper.map("other: index.mjs:7:5", V1), "other: src/a.ts:7:5");
    assert.deepEqual(thread.asked, ["index.mjs:7:5\nindex.mjs:1:1"]);
  });

  it("stay as they are beyond five new ones a second, and are looked up again in the next", async () => {
    let nowMs = 0;
    const thread = new StandInThread();
    const mapper = new StackMapper(thread, () => nowMs);
    for (let line = 0; line < 100; line++) {
      const mapped = mapper.map(stackAt(line), V1);
      assert.equal(typeof mapped, line < 5 ? "object" : "string");
    }
    assert.equal(thread.asked.length, 5);
    assert.equal(typeof mapper.map(stackAt(1), { ...V1, version: "v2" }), "object");
    await thread.answer();
    nowMs = 1_000;
    assert.equal(typeof mapper.map(stackAt(200), V1), "object");
  });

  it("do not wait for a thread that is slow", () => {
    const thread = new StandInThread();
    const mapper = new StackMapper(thread);
    for (let version = 0; version < 30; version++) mapper.map(stackAt(1), { ...V1, version: `v${version}` });
    assert.equal(thread.asked.length, 10);
  });

  it("without a map, and texts without a place, cost no look-up", () => {
    const thread = new StandInThread();
    const mapper = new StackMapper(thread);
    assert.equal(mapper.map(stackAt(1), { version: "v1", files: {} }), stackAt(1));
    assert.equal(mapper.map("plain words", V1), "plain words");
    assert.deepEqual(thread.asked, []);
  });

  it("are a field of their own beside the message", () => {
    assert.deepEqual(splitStack(stackAt(7)), { message: "Error: no", stack: stackAt(7) });
    assert.deepEqual(splitStack("a line\nand another"), { message: "a line\nand another" });
  });

  it("cost no more than their length, whatever a function writes", () => {
    const mapper = new StackMapper(new StandInThread());
    const repeated = ["\n", "\n ", "a", "a.", "/", "1", "\n at ", ":1", "a.js:", "\n at :1"];
    const startedMs = performance.now();
    for (const part of repeated) {
      const text = part.repeat(100_000 / part.length);
      assert.equal(mapper.map(text, V1), text);
      splitStack(text);
    }
    assert.ok(performance.now() - startedMs < 5_000);
  });
});
