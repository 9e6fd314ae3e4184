import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Frame } from "../../protocol/messages.ts";
import { CompilerQueue } from "./compilerQueue.ts";

/** A queue with a compiler that the test plays itself. */
function newQueue() {
  const asked: string[] = [];
  const sent: { id: number; text: string }[] = [];
  const timers: (() => void)[] = [];
  const queue = new CompilerQueue({
    start: () => asked.push("start"),
    stop: () => asked.push("stop"),
    clock: {
      nowMs: () => 0,
      after: (_, run) => {
        timers.push(run);
        return () => timers.splice(timers.indexOf(run), 1);
      },
    },
  });
  const link = {
    send: (_kind: string, id: number, _meta: unknown, body?: Uint8Array) => void sent.push({ id, text: `${body}` }),
  };
  const answer = (id: number, kind: "compiled" | "notCompiled") => {
    const meta = kind === "compiled" ? { scriptBytes: 1 } : { reason: "it is no module" };
    queue.hear({ kind, id, meta, body: Buffer.from("sc") } as Frame);
  };
  const module = (text: string) => async () => Buffer.from(text);
  return { queue, asked, sent, timers, link, answer, module };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe("the queue for the compiler", () => {
  it("has a process only while there is work, and gives it one module at a time", async () => {
    const { queue, asked, sent, timers, link, answer, module } = newQueue();
    const outcomes = [queue.compile(module("a")), queue.compile(module("b"))];
    assert.deepEqual(asked, ["start"]);
    queue.attach(link);
    await settled();
    assert.deepEqual(sent, [{ id: 1, text: "a" }]);
    answer(1, "compiled");
    await settled();
    assert.deepEqual(sent.at(-1), { id: 2, text: "b" });
    answer(2, "notCompiled");
    assert.deepEqual(await Promise.all(outcomes), [{ scriptBytes: 1, body: Buffer.from("sc") }, undefined]);
    assert.equal(timers.length, 1);
    timers[0]?.();
    assert.deepEqual(asked, ["start", "stop"]);
  });

  it("keeps the process when more comes before it would go", async () => {
    const { queue, asked, timers, link, answer, module } = newQueue();
    queue.attach(link);
    void queue.compile(module("a"));
    await settled();
    answer(1, "compiled");
    void queue.compile(module("b"));
    assert.equal(timers.length, 0);
    assert.deepEqual(asked, ["start"]);
  });

  it("gives a module up that took two compilers down, and goes on with the next", async () => {
    const { queue, sent, link, answer, module } = newQueue();
    const [killer, good] = [queue.compile(module("killer")), queue.compile(module("good"))];
    for (let time = 0; time < 2; time++) {
      queue.attach(link);
      await settled();
      queue.detach();
    }
    assert.equal(await killer, undefined);
    queue.attach(link);
    await settled();
    assert.deepEqual(sent.at(-1), { id: 2, text: "good" });
    answer(2, "compiled");
    assert.notEqual(await good, undefined);
  });

  it("hears no answer to what it has not asked", async () => {
    const { queue, sent, link, answer, module } = newQueue();
    queue.attach(link);
    const outcome = queue.compile(module("a"));
    await settled();
    answer(7, "compiled");
    answer(sent[0]?.id ?? 0, "notCompiled");
    assert.equal(await outcome, undefined);
  });

  it("gives a module up that cannot be read any more", async () => {
    const { queue, link } = newQueue();
    queue.attach(link);
    assert.equal(await queue.compile(() => Promise.reject(new Error("ENOENT"))), undefined);
  });
});
