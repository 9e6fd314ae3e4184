import { IdTable } from "../idTable.ts";
import type { HostCompute } from "../worker/cryptoPort.ts";
import type { HostDomainToAscii, HostEncodingIndex, HostRandom } from "../worker/hostPort.ts";
import type { BootFacts, HostSend } from "../worker/isolatePort.ts";

/** The isolate's only ways out. Never reachable from tenant code: modules of the platform hold it, nothing exports it. */
export interface Host {
  readonly send: HostSend;
  readonly random: HostRandom;
  readonly compute: HostCompute;
  /** As the URL Standard has it. The domain must not contain what ends a host in a URL. */
  readonly domainToAscii: HostDomainToAscii;
  readonly encodingIndex: HostEncodingIndex;
  readonly facts: BootFacts;
}

let installed: Host | undefined;
let currentCall = 0;
/** Requests that are not over. */
const open = new IdTable<true>();
let lastId = 0;

export function installHost(host: Host): void {
  installed = host;
}

export function host(): Host {
  if (installed === undefined) throw new Error("the platform was not booted");
  return installed;
}

/** The request that the running code belongs to; 0 at a module's top level. */
export function callNow(): number {
  return currentCall;
}

export function enterCall(call: number): void {
  currentCall = call;
}

/** A number for what goes out and whose bodies may stream: sub-requests and operations of bindings share one count. */
export function nextId(): number {
  return ++lastId;
}

/** From its first entry until {@link closeCall} a request may ask for things. */
export function openCall(call: number): void {
  open.set(call, true);
}

export function closeCall(call: number): void {
  open.delete(call);
}

export function isOpen(call: number): boolean {
  return open.has(call);
}

/** @throws Error where no request pays for the work: at a module's top level, and when the request is over. */
export function callFor(what: string): number {
  if (currentCall === 0) throw new Error(`${what} works inside a request only, not at the top level of a module`);
  if (!isOpen(currentCall)) {
    throw new Error(`${what} works inside a request only, and this one is over; ctx.waitUntil(promise) keeps one open`);
  }
  return currentCall;
}

/** Who pays for what the host does at once: the request, or the start at a module's top level. @throws Error when the request is over. */
export function payerFor(what: string): number {
  return currentCall === 0 ? 0 : callFor(what);
}
