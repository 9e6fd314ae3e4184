import type { HostCompute } from "../worker/hostPort.ts";
import type { BootFacts, HostSend } from "../worker/isolatePort.ts";

/** The isolate's only ways out. Never reachable from tenant code: modules of the platform hold it, nothing exports it. */
export interface Host {
  readonly send: HostSend;
  /** Fresh random bytes. */
  readonly random: (call: number) => ArrayBuffer;
  readonly compute: HostCompute;
  readonly facts: BootFacts;
}

let installed: Host | undefined;
let currentCall = 0;

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

/** @throws Error at a module's top level, where no request pays for the work. */
export function callFor(what: string): number {
  if (currentCall === 0) throw new Error(`${what} works inside a request only, not at the top level of a module`);
  return currentCall;
}
