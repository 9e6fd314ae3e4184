import { TO_HOST } from "../worker/isolatePort.ts";
import { entryNow, monotonicNow } from "./clock.ts";
import { reportException } from "./events/reportException.ts";
import { callFor, host } from "./host.ts";
import { LimitError } from "./limitError.ts";
import { apply, safeMap } from "./primordials.ts";
import { type Timer, TimerHeap } from "./timerHeap.ts";
import { toLong } from "./webidl.ts";

/** How much earlier than told the host may wake a request, ms. */
const EARLY_MS = 1;
/** How often one entry may tell the host of an earlier timer; after that it asks to be woken at once, and tells it then. */
const ALARMS_PER_ENTRY = 8;

/** The timers of one request. The host knows of the first alone: telling it costs more than a timer. */
interface CallTimers {
  readonly heap: TimerHeap;
  /** When the host will wake the request; Infinity when it will not. */
  alarmMs: number;
  /** The entry in which the host was last told, and how often in that one. */
  entry: number;
  alarms: number;
}

const byCall = safeMap<number, CallTimers>();
const byId = safeMap<number, Timer>();
let lastId = 0;

function startTimer(callback: unknown, delay: unknown, repeat: boolean, args: unknown[]): number {
  if (typeof callback !== "function") throw new TypeError("A timer takes a function; code in a string is not run here");
  const delayMs = Math.max(toLong(delay), 0);
  const run = () => apply(callback, globalThis, args);
  return start("A timer", { run, dueMs: monotonicNow() + delayMs, everyMs: repeat ? Math.max(delayMs, 1) : undefined });
}

function start(what: string, { run, dueMs, everyMs }: Pick<Timer, "run" | "dueMs" | "everyMs">): number {
  const call = callFor(what);
  let timers = byCall.get(call);
  if (timers === undefined) {
    timers = { heap: new TimerHeap(), alarmMs: Number.POSITIVE_INFINITY, entry: 0, alarms: 0 };
    byCall.set(call, timers);
  }
  const count = timers.heap.size + 1;
  if (count > host().facts.limits.timers) throw new LimitError("timers", count);
  const timer: Timer = {
    id: ++lastId,
    call,
    run,
    everyMs,
    dueMs,
    cleared: false,
  };
  byId.set(timer.id, timer);
  timers.heap.add(timer);
  setAlarm(call, timers);
  return timer.id;
}

export function setTimeout(callback: unknown, delay: unknown, ...args: unknown[]): number {
  return startTimer(callback, delay, false, args);
}

export function setInterval(callback: unknown, delay: unknown, ...args: unknown[]): number {
  return startTimer(callback, delay, true, args);
}

/**
 * Runs a function in an entry of its own, soon; it is a timer of the running request.
 *
 * @param dueMs since when it is due, by the isolate's clock: what was due earlier runs earlier
 * @returns the timer's id
 * @throws LimitError
 */
export function queueTask(what: string, run: () => void, dueMs = monotonicNow()): number {
  return start(what, { run, dueMs, everyMs: undefined });
}

/** Whether the timer has neither fired nor gone with its request. */
export function isWaiting(id: number): boolean {
  return byId.has(id);
}

export function clearTimer(id: number): void {
  const timer = byId.get(id);
  if (timer === undefined) return;
  byId.delete(timer.id);
  byCall.get(timer.call)?.heap.clear(timer);
}

/** The host wakes a request. One timer an entry, so that what its callback leaves to promises runs before the next. */
export function fireTimer(call: number): void {
  const timers = byCall.get(call);
  if (timers === undefined) return;
  timers.alarmMs = Number.POSITIVE_INFINITY;
  const { first } = timers.heap;
  if (first === undefined || first.dueMs > monotonicNow() + EARLY_MS) {
    setAlarm(call, timers);
    return;
  }
  timers.heap.takeFirst();
  if (first.everyMs === undefined) {
    byId.delete(first.id);
  } else {
    first.dueMs = monotonicNow() + first.everyMs;
    timers.heap.add(first);
  }
  setAlarm(call, timers);
  try {
    first.run();
  } catch (error) {
    reportException(error);
  }
}

/** The host has dropped the timers of a request that is over. */
export function forgetTimers(call: number): void {
  const timers = byCall.get(call);
  if (timers === undefined) return;
  byCall.delete(call);
  for (let timer = timers.heap.takeFirst(); timer !== undefined; timer = timers.heap.takeFirst()) byId.delete(timer.id);
}

/** Tells the host when the request has to be woken, where that is earlier than it knows. */
function setAlarm(call: number, timers: CallTimers): void {
  const dueMs = timers.heap.first?.dueMs ?? Number.POSITIVE_INFINITY;
  if (dueMs >= timers.alarmMs) return;
  const entry = entryNow();
  if (timers.entry !== entry) {
    timers.entry = entry;
    timers.alarms = 0;
  }
  const inMs = ++timers.alarms > ALARMS_PER_ENTRY ? 0 : Math.max(0, dueMs - monotonicNow());
  timers.alarmMs = monotonicNow() + inMs;
  host().send(TO_HOST.timer, call, 0, `${inMs}`);
}
