import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import type { Failure } from "../errors.ts";
import { DEFAULT_LIMITS } from "../limits.ts";
import type { FunctionSource, LimitEvent, LogLine } from "../protocol/messages.ts";
import { FunctionRuntime } from "./functionRuntime.ts";
import { TO_ISOLATE } from "./isolatePort.ts";
import type { RuntimePort } from "./runtimePort.ts";
import type { Sandbox, SandboxEvents } from "./sandbox.ts";

const SOURCE = { name: "a", version: "1", limits: DEFAULT_LIMITS } as FunctionSource;
const HEAD = Buffer.from(JSON.stringify({ method: "GET", url: "/", headers: [], edge: { requestId: "r" } }));
/** What an isolate says of a whole answer. */
export const ANSWER = JSON.stringify({ status: 200, headers: [] });
/** The entry that ends the request with all it has begun. */
export const CANCEL_NOW = [TO_ISOLATE.cancel, 1, 1];

/** A runtime with one request in an isolate that the test plays. */
export async function running(t: TestContext) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  let events = {} as SandboxEvents;
  const entries: number[][] = [];
  /** What came with each entry. */
  const texts: string[] = [];
  const seen = {
    ended: 0,
    failures: [] as Failure[],
    limits: [] as LimitEvent[],
    lines: [] as LogLine[],
    usedMs: 5,
    chargedMs: 0,
  };
  const sandbox = {
    start: async () => {},
    enter: (...[kind, call, id, text]: Parameters<Sandbox["enter"]>) => {
      entries.push([kind, call, id]);
      texts.push(text);
    },
    cpuMs: () => seen.usedMs,
    charge: (_: number, cpuMs: number) => {
      seen.chargedMs += cpuMs;
    },
    ...{ hold: () => {}, forget: () => {}, dispose: () => {}, hasRun: () => true },
  } as unknown as Sandbox;
  const port = {
    key: 1,
    newSandbox: (given: SandboxEvents) => {
      events = given;
      return sandbox;
    },
    failed: (_: number, failure: Failure) => seen.failures.push(failure),
    limit: (event: LimitEvent) => seen.limits.push(event),
    log: (line: LogLine) => seen.lines.push(line),
    ended: () => seen.ended++,
    ...{ answer: () => {}, body: () => {}, isolateStarted: () => {}, isolateEnded: () => {} },
    begin: (_: number, enter: () => void) => enter(),
    jobs: { newOwner: () => ({ drop: () => {} }) },
    broker: { endCall: () => {}, endSandbox: () => {} },
  } as unknown as RuntimePort;
  const runtime = new FunctionRuntime(SOURCE, port);
  runtime.invoke(1, { key: 1, headBytes: HEAD.length }, HEAD);
  await Promise.resolve();
  await Promise.resolve();
  assert.deepEqual(entries, [[TO_ISOLATE.invoke, 1, 0]]);
  const says = (kind: number, id = 0, text = "", body?: string | ArrayBuffer) =>
    events.message(kind, 1, id, text, body);
  return { runtime, seen, entries, texts, says, lost: (usedMs: number) => events.lost("cpu", 1, usedMs) };
}
