import type { LimitName } from "../limits.ts";
import { TO_HOST } from "../worker/isolatePort.ts";
import { host, isOpen } from "./host.ts";
import { safeMap } from "./primordials.ts";

interface Fired {
  readonly limit: LimitName;
  /** The most that was asked for. */
  used: number;
  /** The host knows it from the request's failure. */
  told: boolean;
}

const firedByCall = safeMap<number, Fired[]>();

/** A limit has fired in this request; the function may catch it, or never see it. */
export function noteFired(call: number, limit: LimitName, used: number): void {
  if (!isOpen(call)) {
    host().send(TO_HOST.limitFired, call, used, limit);
    return;
  }
  const fired = firedOf(call, limit);
  if (used > fired.used) fired.used = used;
}

/** The request fails by this limit, which tells the host. */
export function noteTold(call: number, limit: LimitName): void {
  firedOf(call, limit).told = true;
}

/** The request is over: the host hears once of each limit that it does not know of. */
export function tellFired(call: number): void {
  const list = firedByCall.get(call);
  if (list === undefined) return;
  firedByCall.delete(call);
  for (let index = 0; index < list.length; index++) {
    const { limit, used, told } = list[index] as Fired;
    if (!told) host().send(TO_HOST.limitFired, call, used, limit);
  }
}

function firedOf(call: number, limit: LimitName): Fired {
  const list = firedByCall.get(call) ?? [];
  firedByCall.set(call, list);
  for (let index = 0; index < list.length; index++) {
    const fired = list[index] as Fired;
    if (fired.limit === limit) return fired;
  }
  const fired: Fired = { limit, used: 0, told: false };
  list[list.length] = fired;
  return fired;
}
