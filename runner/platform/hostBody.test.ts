import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import fc from "fast-check";
import { WINDOW_BYTES } from "../protocol/credit.ts";
import { type HostBody as CrossingBody, TO_HOST } from "../worker/isolatePort.ts";
import { type Host, installHost } from "./host.ts";
import { HostBody } from "./hostBody.ts";
import { credited, pump, stopPumps } from "./pump.ts";

type Message = { kind: number; call: number; id: number; text: string; body: CrossingBody };

const SENDER = 1;
const RECEIVER = 2;
let sent: Message[] = [];

/** Gives chunks one by one, and remembers whether it was cancelled. */
function sourceOf(chunks: readonly Uint8Array<ArrayBuffer>[], failure?: Error) {
  const left = [...chunks];
  return {
    cancelled: undefined as unknown,
    read(): Uint8Array<ArrayBuffer> | undefined {
      const chunk = left.shift();
      if (chunk === undefined && failure !== undefined) throw failure;
      return chunk;
    },
    cancel(reason: unknown) {
      this.cancelled = reason;
    },
  };
}

/** Carries what one side says to the other, as worker and router do; at most `count` messages. */
function carry(to: HostBody, count = Number.POSITIVE_INFINITY): void {
  for (let n = 0; n < count; n++) {
    const message = sent.shift();
    if (message === undefined) return;
    if (message.kind === TO_HOST.part) to.push(message.body as ArrayBuffer);
    else if (message.kind === TO_HOST.partEnd) to.end({});
    else if (message.kind === TO_HOST.partFailed) to.end({ error: new TypeError(message.text) });
    else if (message.kind === TO_HOST.credit) credited(SENDER, 0, Number(message.text));
  }
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe("a body between isolate and host", () => {
  beforeEach(() => {
    sent = [];
    const send: Host["send"] = (kind, call, id, text, body) => sent.push({ kind, call, id, text, body });
    installHost({ send } as Host);
  });

  it("arrives whole and in order with at most a window under way, however it is cut and whoever is slow", async () => {
    const sizes = fc.array(fc.nat(200_000), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(sizes, fc.array(fc.nat(3), { maxLength: 40 }), async (chunkSizes, pace) => {
        const chunks = chunkSizes.map((size, index) => new Uint8Array(size).fill(index + 1));
        const receiver = new HostBody(RECEIVER, 0);
        const pumped = pump(sourceOf(chunks), SENDER, 0);
        const read: number[] = [];
        const reading = (async () => {
          for (let part = await receiver.read(); part !== undefined; part = await receiver.read()) {
            read.push(...new Set(part));
          }
        })();
        for (let step = 0; step < 200; step++) {
          await turn();
          const waiting = sent.reduce(
            (sum, { kind, body }) => sum + (kind === TO_HOST.part ? (body as ArrayBuffer).byteLength : 0),
            0,
          );
          assert.ok(waiting <= WINDOW_BYTES, `${waiting} bytes wait`);
          carry(receiver, pace[step] ?? Number.POSITIVE_INFINITY);
        }
        await Promise.all([pumped, reading]);
        const expected = chunks.flatMap((chunk, index) => (chunk.length > 0 ? [index + 1] : []));
        assert.deepEqual([...new Set(read)], expected);
      }),
      { numRuns: 20 },
    );
  });

  it("gives what came before a failure, then the failure", async () => {
    const receiver = new HostBody(RECEIVER, 0);
    await pump(sourceOf([new Uint8Array([1, 2])], new Error("the source broke")), SENDER, 0);
    carry(receiver);
    assert.deepEqual(await receiver.read(), new Uint8Array([1, 2]));
    await assert.rejects(async () => receiver.read(), /the source broke/);
  });

  it("holds no more than a window of a source that nobody reads, and cancels it when the call ends", async () => {
    let given = 0;
    const source = {
      ...sourceOf([]),
      read: () => {
        given += 65_536;
        return new Uint8Array(65_536);
      },
    };
    const pumped = pump(source, SENDER, 0);
    await turn();
    assert.ok(given <= WINDOW_BYTES + 65_536, `${given}`);
    stopPumps(SENDER, () => "gone");
    await pumped;
    assert.equal(source.cancelled, "gone");
    assert.ok(sent.every(({ kind }) => kind === TO_HOST.part));
  });

  it("lets a request's body through that was cancelled, so that its client can end", async () => {
    const receiver = new HostBody(RECEIVER, 0);
    const reading = receiver.read();
    receiver.cancel();
    assert.equal(await reading, undefined);
    receiver.push(new ArrayBuffer(WINDOW_BYTES));
    const credits = sent.filter(({ kind }) => kind === TO_HOST.credit);
    assert.deepEqual(
      credits.map(({ call, text }) => [call, Number(text)]),
      [[RECEIVER, WINDOW_BYTES]],
    );
  });

  it("drops what was not read when the request is over", async () => {
    const receiver = new HostBody(RECEIVER, 0);
    receiver.push(new ArrayBuffer(10));
    receiver.abort(new Error("over"));
    await assert.rejects(async () => receiver.read(), /over/);
  });
});
