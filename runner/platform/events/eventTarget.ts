import { DOMException } from "../domException.ts";
import { apply } from "../primordials.ts";
import { defineInterface, isObject, needArguments, toDictionary } from "../webidl.ts";
import { type DispatchControl, dispatchControl, type Event, isEvent } from "./event.ts";
import { reportException } from "./reportException.ts";

interface ListenerOptions {
  readonly capture: boolean;
  readonly once: boolean;
  readonly passive: boolean;
  readonly signal: object | undefined;
}

interface Listener {
  readonly type: string;
  readonly callback: object;
  readonly capture: boolean;
  readonly once: boolean;
  readonly passive: boolean;
  isRemoved: boolean;
}

/** What a signal is to listeners; signals are event targets themselves. */
interface SignalRules {
  isSignal(value: unknown): boolean;
  isAborted(signal: object): boolean;
  whenAborted(signal: object, run: () => void): void;
  listenersChanged(target: object): void;
}

let signalRules: SignalRules;
let listenersOf: (target: EventTarget) => Listener[];
let setListeners: (target: EventTarget, listeners: Listener[]) => void;
let isTargetBrand: (value: unknown) => value is EventTarget;

/** DOM's EventTarget. */
export class EventTarget {
  /** Replaced, never changed: a dispatch goes on over those that it began with. */
  #listeners: Listener[] = [];

  static {
    isTargetBrand = (value): value is EventTarget => isObject(value) && #listeners in value;
    listenersOf = (target) => target.#listeners;
    setListeners = (target, listeners) => {
      target.#listeners = listeners;
      signalRules.listenersChanged(target);
    };
  }

  addEventListener(type: unknown, callback: unknown, options: unknown = undefined): void {
    this.#listeners;
    needArguments(arguments.length, 2, "addEventListener");
    addListener(this, type, callback, options);
  }

  removeEventListener(type: unknown, callback: unknown, options: unknown = undefined): void {
    this.#listeners;
    needArguments(arguments.length, 2, "removeEventListener");
    removeListener(this, type, callback, options);
  }

  dispatchEvent(event: unknown): boolean {
    this.#listeners;
    needArguments(arguments.length, 1, "dispatchEvent");
    return dispatchUntrusted(this, event, this);
  }
}

defineInterface(EventTarget, "EventTarget");

export const isEventTarget = isTargetBrand;

/** Whether anyone listens for such events. */
export function hasListeners(target: EventTarget, type: string): boolean {
  return listenersOf(target).some((listener) => listener.type === type);
}

export function useSignalRules(rules: SignalRules): void {
  signalRules = rules;
}

export function addListener(target: EventTarget, type: unknown, callback: unknown, options: unknown): void {
  const text = `${type}`;
  const object = callbackOf(callback);
  const { capture, once, passive, signal } = readOptions(options);
  if (object === null || (signal !== undefined && signalRules.isAborted(signal))) return;
  const listeners = listenersOf(target);
  if (find(listeners, { type: text, callback: object, capture }) >= 0) return;
  const listener: Listener = { type: text, callback: object, capture, once, passive, isRemoved: false };
  setListeners(target, [...listeners, listener]);
  if (signal !== undefined) signalRules.whenAborted(signal, () => remove(target, listener));
}

export function removeListener(target: EventTarget, type: unknown, callback: unknown, options: unknown): void {
  const text = `${type}`;
  const object = callbackOf(callback);
  const capture = readCapture(options);
  if (object === null) return;
  const listeners = listenersOf(target);
  const found = listeners[find(listeners, { type: text, callback: object, capture })];
  if (found !== undefined) remove(target, found);
}

/** What `dispatchEvent` does. @param shown what the event says is its target */
export function dispatchUntrusted(
  target: EventTarget,
  event: unknown,
  shown: EventTarget | typeof globalThis,
): boolean {
  if (!isEvent(event)) throw new TypeError("dispatchEvent takes an Event");
  if (dispatchControl(event).isBusy) throw new DOMException("The event is being dispatched", "InvalidStateError");
  return dispatch(target, event, { shown, isTrusted: false });
}

/** Dispatches an event of the platform's own. @returns whether nobody cancelled it */
export function dispatchTrusted(
  target: EventTarget,
  event: Event,
  shown: EventTarget | typeof globalThis = target,
): boolean {
  return dispatch(target, event, { shown, isTrusted: true });
}

function dispatch(
  target: EventTarget,
  event: Event,
  { shown, isTrusted }: { shown: EventTarget | typeof globalThis; isTrusted: boolean },
): boolean {
  const control = dispatchControl(event);
  control.begin(shown, isTrusted);
  const type = event.type;
  for (const capture of [true, false]) {
    if (!control.isPropagationStopped) invoke(target, event, { type, capture, shown, control });
  }
  control.end();
  return !control.isCanceled;
}

interface Invocation {
  readonly type: string;
  readonly capture: boolean;
  readonly shown: EventTarget | typeof globalThis;
  readonly control: DispatchControl;
}

function invoke(target: EventTarget, event: Event, { type, capture, shown, control }: Invocation): void {
  const listeners = listenersOf(target);
  for (let index = 0; index < listeners.length; index++) {
    const listener = listeners[index] as Listener;
    if (listener.isRemoved || listener.type !== type || listener.capture !== capture) continue;
    if (listener.once) remove(target, listener);
    control.setPassive(listener.passive);
    try {
      call(listener.callback, shown, event);
    } catch (error) {
      reportException(error);
    }
    control.setPassive(false);
    if (control.isImmediateStopped) return;
  }
}

function call(callback: object, shown: EventTarget | typeof globalThis, event: Event): void {
  if (typeof callback === "function") {
    apply(callback, shown, [event]);
    return;
  }
  const { handleEvent } = callback as { handleEvent?: unknown };
  if (typeof handleEvent !== "function")
    throw new TypeError("A listener that is an object needs a function handleEvent");
  apply(handleEvent, callback, [event]);
}

function find(listeners: readonly Listener[], wanted: Pick<Listener, "type" | "callback" | "capture">): number {
  for (let index = 0; index < listeners.length; index++) {
    const { type, callback, capture } = listeners[index] as Listener;
    if (type === wanted.type && callback === wanted.callback && capture === wanted.capture) return index;
  }
  return -1;
}

function remove(target: EventTarget, listener: Listener): void {
  listener.isRemoved = true;
  setListeners(
    target,
    listenersOf(target).filter((found) => found !== listener),
  );
}

function callbackOf(callback: unknown): object | null {
  if (callback === null || callback === undefined) return null;
  if (!isObject(callback)) throw new TypeError("A listener must be a function or an object");
  return callback;
}

function readCapture(options: unknown): boolean {
  return isObject(options) ? Boolean((options as { capture?: unknown }).capture) : Boolean(options);
}

function readOptions(options: unknown): ListenerOptions {
  const capture = readCapture(options);
  const { once, passive, signal } = isObject(options) ? toDictionary(options, "") : NONE;
  if (signal !== undefined && !signalRules.isSignal(signal)) throw new TypeError("signal must be an AbortSignal");
  return { capture, once: Boolean(once), passive: Boolean(passive), signal: signal as object | undefined };
}

const NONE: Readonly<Record<string, unknown>> = {};
