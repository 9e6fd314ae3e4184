import type { BindingCall, Streamable } from "../../protocol/messages.ts";
import { type BoundFailure, TO_HOST } from "../../worker/isolatePort.ts";
import type { BodySource } from "../fetch/bodyHolder.ts";
import { byteReader } from "../fetch/byteReader.ts";
import { callFor, host, nextId } from "../host.ts";
import { HostBody } from "../hostBody.ts";
import { LimitError } from "../limitError.ts";
import { outgoing } from "../outgoingBody.ts";
import { jsonParse, jsonStringify, safeMap, settle } from "../primordials.ts";
import { pump, stopPump } from "../pump.ts";
import { BindingError } from "./bindingError.ts";

interface Waiting {
  readonly call: number;
  /** Binding and operation, for errors. */
  readonly where: string;
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

const waiting = safeMap<number, Waiting>();
const countByCall = safeMap<number, number>();

/** Has the broker do an operation of a binding. @throws BindingError, or LimitError of `bindingCalls` */
export async function bindingCall({ binding, operation, args, body }: BindingRequest): Promise<BindingAnswer> {
  const where = `${binding}.${operation}`;
  const call = callFor(where);
  const count = (countByCall.get(call) ?? 0) + 1;
  if (count > host().facts.limits.bindingCalls) throw new LimitError("bindingCalls", count);
  countByCall.set(call, count);
  const id = nextId();
  const { whole, streams } = outgoing(body);
  return new Promise((resolve, reject) => {
    waiting.set(id, { call, where, resolve, reject });
    const head: BindingCall & Streamable = { binding, operation, args, ...streams };
    host().send(TO_HOST.bind, call, id, jsonStringify(head), whole);
    if (streams !== undefined && body !== undefined) settle(pump(byteReader(body), call, id), ignore, ignore);
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
  if (!countByCall.delete(call)) return;
  for (const [id, entry] of waiting) if (entry.call === call) waiting.delete(id);
}

function take(id: number): Waiting | undefined {
  const entry = waiting.get(id);
  waiting.delete(id);
  return entry;
}

function ignore(): void {}
