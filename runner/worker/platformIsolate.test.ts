import assert from "node:assert/strict";
import { test } from "node:test";
import { BOOT_GLOBAL } from "./isolatePort.ts";
import { Platform, type PlatformIsolate } from "./platformIsolate.ts";

/** An isolate whose platform does what the test says with the ways out: `sendNow, sendLater, random, compute, domainToAscii, encodingIndex`. */
async function isolateThat(t: { after(end: () => void): void }, says: string): Promise<PlatformIsolate> {
  const script = `globalThis.${BOOT_GLOBAL} = (sendNow, sendLater, random, compute) => ({
    now() {}, later() {}, configure() {}, run() { ${says} } });`;
  const isolate = await new Platform({ script, snapshot: undefined }).newIsolate(16);
  t.after(() => isolate.dispose());
  return isolate;
}

async function run(isolate: PlatformIsolate): Promise<void> {
  await isolate.run(await isolate.context.evalClosure("return () => {}", [], { result: { reference: true } }));
}

test("what has no form in JSON is an empty text, of every kind of message", async (t) => {
  const isolate = await isolateThat(t, "sendNow(1, 2, 3, undefined); compute(7, undefined, new ArrayBuffer(1));");
  const heard: unknown[] = [];
  isolate.hear = (kind, call, id, text) => void heard.push([kind, call, id, text]);
  isolate.host = { compute: (call, text) => heard.push([call, text]), pay: () => undefined };
  await run(isolate);
  assert.deepEqual(heard, [
    [1, 2, 3, ""],
    [7, ""],
  ]);
});
