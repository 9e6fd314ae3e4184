import type { Bindings } from "../../bindings/kinds.ts";
import type { Frame, Kind, Messages } from "../../protocol/messages.ts";
import { until } from "../../runnerFixture.ts";
import { Grants } from "../grants.ts";
import { BindingCalls, type BindingEngines } from "./bindingCalls.ts";
import { BindingFigures } from "./bindingFigures.ts";
import type { BindingEngine, Operation, OperationResult } from "./engine.ts";
import { HeldBytes } from "./heldBytes.ts";
import { Places } from "./places.ts";

export const SLOT = 3;
export const KEY = 7;
const NONE = Buffer.alloc(0);
export const NOTES: Bindings = { NOTES: { kind: "kv", name: "notes" }, USERS: { kind: "function", name: "users" } };

/** A broker with one worker, whose frames are looked at, and an engine of the test's own for every kind. */
export function newBroker(run: (operation: Operation) => Promise<OperationResult>, places = new Places()) {
  const frames: Frame[] = [];
  let isDropped = false;
  /** Settles when what is sent has been taken. */
  const kernel = { taken: Promise.resolve() };
  const link = {
    send: <K extends Kind>(kind: K, id: number, meta: Messages[K], body?: Uint8Array) => {
      frames.push({ kind, id, meta, body: Buffer.from(body ?? NONE) } as Frame);
    },
    sent: <K extends Kind>(kind: K, id: number, meta: Messages[K], body?: Uint8Array) => {
      link.send(kind, id, meta, body);
      return kernel.taken;
    },
    drop: () => {
      isDropped = true;
    },
  };
  const engine: BindingEngine = { run };
  const engines = new Proxy({}, { get: () => engine }) as BindingEngines;
  const grants = new Grants();
  const figures = new BindingFigures();
  const calls = new BindingCalls(SLOT, link, { grants, engines, figures, places, held: new HeldBytes() });
  grants.give(KEY, { slot: SLOT, function: "mine", allow: null, bindings: NOTES });
  const say = <K extends Kind>(kind: K, id: number, meta: Messages[K], body = NONE) =>
    calls.hear({ kind, id, meta, body } as Frame);
  const bind = (id: number, more: Partial<Messages["bind"]> = {}, body = NONE) =>
    say("bind", id, { binding: "NOTES", operation: "get", args: {}, key: KEY, ...more }, body);
  const heard = (kind: Kind, id: number) => frames.filter((frame) => frame.kind === kind && frame.id === id);
  const fault = async (id: number) => {
    await until("it fails", () => heard("boundFailed", id).length === 1);
    const [failed] = heard("boundFailed", id) as Extract<Frame, { kind: "boundFailed" }>[];
    return failed?.meta.code;
  };
  const outcomes = () => figures.take().flatMap(({ counts }) => counts.map(([, outcome, count]) => [outcome, count]));
  return { calls, grants, figures, frames, say, bind, heard, fault, outcomes, kernel, isDropped: () => isDropped };
}
