import { TO_HOST } from "../worker/isolatePort.ts";
import { callFor, host } from "./host.ts";
import { LimitError } from "./limitError.ts";
import { apply } from "./primordials.ts";

/** The longest delay a timer takes, as in browsers. */
const DELAY_MS_MAX = 2 ** 31 - 1;

interface Timer {
  readonly call: number;
  readonly run: () => void;
  readonly everyMs: number | undefined;
}

const timers = new Map<number, Timer>();
const countByCall = new Map<number, number>();
let lastId = 0;

function start(callback: unknown, delay: unknown, repeat: boolean, args: unknown[]): number {
  if (typeof callback !== "function") throw new TypeError("A timer takes a function");
  const call = callFor("A timer");
  const count = (countByCall.get(call) ?? 0) + 1;
  if (count > host().facts.limits.timers) throw new LimitError("timers", count);
  countByCall.set(call, count);
  const delayMs = Math.min(Math.max(Math.trunc(Number(delay)) || 0, 0), DELAY_MS_MAX);
  const id = ++lastId;
  timers.set(id, {
    call,
    run: () => apply(callback, undefined, args),
    everyMs: repeat ? Math.max(delayMs, 1) : undefined,
  });
  host().send(TO_HOST.timer, call, id, `${delayMs}`);
  return id;
}

export function setTimeout(callback: unknown, delay?: unknown, ...args: unknown[]): number {
  return start(callback, delay, false, args);
}

export function setInterval(callback: unknown, delay?: unknown, ...args: unknown[]): number {
  return start(callback, delay, true, args);
}

export function clearTimer(id: unknown): void {
  const timer = timers.get(Number(id));
  if (timer === undefined) return;
  remove(Number(id), timer);
  host().send(TO_HOST.timerClear, timer.call, Number(id), "");
}

/** A timer is due. An error it throws ends the entry; the host logs it. */
export function fireTimer(id: number): void {
  const timer = timers.get(id);
  if (timer === undefined) return;
  if (timer.everyMs === undefined) remove(id, timer);
  else host().send(TO_HOST.timer, timer.call, id, `${timer.everyMs}`);
  timer.run();
}

/** The host has dropped the timers of a request that is over. */
export function forgetTimers(call: number): void {
  if (!countByCall.delete(call)) return;
  for (const [id, timer] of timers) if (timer.call === call) timers.delete(id);
}

function remove(id: number, timer: Timer): void {
  timers.delete(id);
  const count = countByCall.get(timer.call);
  if (count !== undefined) countByCall.set(timer.call, count - 1);
}
