import { WINDOW_BYTES } from "../../protocol/credit.ts";
import type { BindingCall, Streamable } from "../../protocol/messages.ts";
import { type BoundFailure, TO_HOST } from "../../worker/isolatePort.ts";
import { utf8Length } from "../encoding.ts";
import type { BodySource } from "../fetch/bodyHolder.ts";
import { byteReader } from "../fetch/byteReader.ts";
import { callFor, host, nextId } from "../host.ts";
import { HostBody } from "../hostBody.ts";
import { LimitError } from "../limitError.ts";
import { outgoing } from "../outgoingBody.ts";
import { jsonParse, plainJson, safeMap, settle } from "../primordials.ts";
import { pump, stopPump } from "../pump.ts";
import { BindingError } from "./bindingError.ts";
import { giveRoom, whenRoom } from "./bodyRoom.ts";

interface Waiting {
  readonly call: number;
  /** Binding and operation, for errors. */
  readonly where: string;
  /** What its body takes on its way. */
  readonly bytes: number;
  resolve(answer: BindingAnswer): void;
  reject(error: unknown): void;
}

export interface BindingAnswer {
  readonly result: unknown;
  /** Read once; a stream that is cancelled ends the operation. */
  readonly body: BodySource;
}

interface BindingRequest extends Pick<BindingCall, "binding" | "operation" | "args"> {
  readonly body?: BodySource;
}

/** Operations of one request that are under way at once; more wait in the isolate, where their values count against its heap. */
const UNDER_WAY_MAX = 16;

/** The operations of one request. */
interface Calls {
  count: number;
  underWay: number;
  /** What begins the ones that wait, in order; `next` is the first that has not begun. */
  readonly queue: (() => void)[];
  next: number;
}

const waiting = safeMap<number, Waiting>();
const byCall = safeMap<number, Calls>();

/** Has the broker do an operation of a binding. @throws BindingError, or LimitError of `bindingCalls` */
export async function bindingCall({ binding, operation, args, body }: BindingRequest): Promise<BindingAnswer> {
  const where = `${binding}.${operation}`;
  const call = callFor(where);
  const calls = byCall.get(call) ?? { count: 0, underWay: 0, queue: [], next: 0 };
  byCall.set(call, calls);
  if (++calls.count > host().facts.limits.bindingCalls) throw new LimitError("bindingCalls", calls.count);
  return new Promise((resolve, reject) => {
    const { whole, streams } = outgoing(body);
    const bytes = streams === undefined ? byteLength(whole) : WINDOW_BYTES;
    const send = () => {
      if (byCall.get(call) !== calls) return false;
      const id = nextId();
      waiting.set(id, { call, where, bytes, resolve, reject });
      try {
        const reader = streams === undefined || body === undefined ? undefined : byteReader(body);
        const head: BindingCall & Streamable = { binding, operation, args, ...streams };
        host().send(TO_HOST.bind, call, id, plainJson(head), whole);
        if (reader !== undefined) settle(pump(reader, call, id), ignore, ignore);
      } catch (error) {
        // A stream that somebody else reads, for instance.
        take(id)?.reject(error);
      }
      return true;
    };
    const begin = () => {
      if (bytes === 0) send();
      else whenRoom(bytes, send);
    };
    if (calls.underWay >= UNDER_WAY_MAX) {
      calls.queue[calls.queue.length] = begin;
    } else {
      calls.underWay++;
      begin();
    }
  });
}

export function bound(call: number, id: number, text: string, body: ArrayBuffer | undefined): void {
  const { result, streams } = jsonParse(text) as { readonly result: unknown } & Streamable;
  const entry = take(id);
  stopPump(call, id, new TypeError("The operation ended before the whole of its body was taken"));
  if (entry === undefined) return;
  const whole = body === undefined ? new Uint8Array(0) : new Uint8Array(body);
  entry.resolve({ result, body: streams ? new HostBody(call, id) : whole });
}

export function boundFailed(call: number, id: number, text: string): void {
  const failure = jsonParse(text) as BoundFailure;
  const entry = take(id);
  const error =
    "limit" in failure ? new LimitError(failure.limit, failure.used) : new BindingError(entry?.where ?? "", failure);
  stopPump(call, id, error);
  entry?.reject(error);
}

/** The request is over: its operations are not heard any more. */
export function forgetBindingCalls(call: number): void {
  if (!byCall.delete(call)) return;
  waiting.forEach((entry, id) => {
    if (entry.call !== call) return;
    waiting.delete(id);
    giveRoom(entry.bytes);
  });
}

function take(id: number): Waiting | undefined {
  const entry = waiting.get(id);
  waiting.delete(id);
  const calls = entry && byCall.get(entry.call);
  if (entry !== undefined) giveRoom(entry.bytes);
  if (calls === undefined) return entry;
  const begin = calls.queue[calls.next];
  if (begin === undefined) {
    calls.underWay--;
  } else {
    delete calls.queue[calls.next++];
    begin();
  }
  return entry;
}

function byteLength(whole: string | ArrayBuffer | undefined): number {
  if (whole === undefined) return 0;
  return typeof whole === "string" ? utf8Length(whole) : whole.byteLength;
}

function ignore(): void {}
