import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { it } from "node:test";
import { setImmediate } from "node:timers/promises";
import { LineOutput } from "./lineOutput.ts";

/** A sink that a test lets take one text at a time. */
class SlowSink {
  text = "";
  #done: ((error: Error | null) => void) | undefined;

  write(text: string, done: (error: Error | null) => void): void {
    assert.equal(this.#done, undefined, "one text is under way at a time");
    this.text += text;
    this.#done = done;
  }

  writeLast(text: string): void {
    this.text += text;
  }

  get waits(): boolean {
    return this.#done !== undefined;
  }

  take(error: Error | null = null): void {
    const done = this.#done;
    this.#done = undefined;
    done?.(error);
  }
}

function newOutput() {
  const sink = new SlowSink();
  const dropped = new Map<string, number>();
  const output = new LineOutput(sink, {
    dropped: (source, lines) => dropped.set(source, (dropped.get(source) ?? 0) + lines),
    resumed: (lines, bySource) => `dropped ${lines} of ${[...bySource.keys()].join()}\n`,
  });
  return { sink, output, dropped };
}

const LONG = `${"x".repeat(9_999)}\n`;

it("writes the lines of one turn at once", async () => {
  const { sink, output } = newOutput();
  for (const line of ["a\n", "b\n", "c\n"]) output.push("", line);
  await setImmediate();
  assert.equal(sink.text, "a\nb\nc\n");
});

it("drops and counts what finds no room, keeps room for others, and says so when it flows again", async () => {
  const { sink, output, dropped } = newOutput();
  for (let index = 0; index < 1_000; index++) output.push("flood", LONG);
  output.push("calm", "calm line\n");
  await setImmediate();
  const lost = dropped.get("flood") ?? 0;
  assert.ok(lost > 900);
  assert.deepEqual([...dropped.keys()], ["flood"]);
  while (sink.waits) sink.take();
  const lines = sink.text.split("\n");
  assert.equal(lines.filter((line) => line === "calm line").length, 1);
  assert.deepEqual(
    lines.filter((line) => line.startsWith("dropped")),
    [`dropped ${lost} of flood`],
  );
  assert.equal(lines.filter((line) => line.startsWith("x")).length, 1_000 - lost);
});

it("goes on after a write that failed, and counts its lines as dropped", async () => {
  const { sink, output, dropped } = newOutput();
  output.push("", "lost\n");
  await setImmediate();
  sink.take(new Error("ENOSPC"));
  assert.deepEqual([...dropped], [["", 1]]);
  output.push("", "next\n");
  await setImmediate();
  sink.take();
  assert.match(sink.text, /next/);
});

it("passes on another process's lines whole, and stops reading it while there is no room", async () => {
  const { sink, output, dropped } = newOutput();
  const stream = new PassThrough();
  output.relay("router", stream);
  stream.write('{"a":');
  stream.write('1}\n{"b":2}\n{"c"');
  await setImmediate();
  assert.equal(sink.text, '{"a":1}\n{"b":2}\n');
  for (let index = 0; index < 1_000; index++) stream.write(LONG);
  await setImmediate();
  assert.equal(stream.isPaused(), true);
  while (sink.waits || stream.readableLength > 0) {
    sink.take();
    await setImmediate();
  }
  assert.equal(sink.text.split("\n").length, 1 + 2 + 1_000);
  assert.deepEqual([...dropped], []);
});
