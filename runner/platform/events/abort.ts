import { DOMException } from "../domException.ts";
import { apply, construct } from "../primordials.ts";
import { setTimeout } from "../timers.ts";
import { defineInterface, isObject, needArguments, toSequence, toUnsignedLongLong } from "../webidl.ts";
import { Event } from "./event.ts";
import { defineHandlers } from "./eventHandler.ts";
import { dispatchTrusted, EventTarget, hasListeners, useSignalRules } from "./eventTarget.ts";

let newSignal: () => AbortSignal;
let isSignalBrand: (value: unknown) => value is AbortSignal;
let signalAbort: (signal: AbortSignal, reason: unknown) => void;
let follow: (sources: readonly AbortSignal[]) => AbortSignal;
let addAlgorithm: (signal: AbortSignal, run: () => void) => () => void;
let heardChanged: (signal: AbortSignal) => void;
const MAKE = Symbol("AbortSignal");

type SignalRef = WeakRef<AbortSignal>;
const WeakRefClass = WeakRef;
const { deref } = WeakRef.prototype;
const signalOf = (ref: SignalRef) => apply(deref, ref, []) as AbortSignal | undefined;

/** Followers of a signal, the dead ones among them, before they are looked through for the first time. */
const SWEPT_LENGTH_MIN = 16;

/** DOM's AbortSignal. */
export class AbortSignal extends EventTarget {
  #isAborted = false;
  #reason: unknown;
  #algorithms = new Set<() => void>();
  /** Of a signal made by `any`: those that it follows, none of which follows others. */
  #sources: SignalRef[] | undefined;
  #dependents: SignalRef[] = [];
  #sweptLength = SWEPT_LENGTH_MIN;
  /** Those of the dependents that somebody listens to: what nobody holds and nobody hears of may be collected, as the DOM Standard has it. */
  #heard = new Set<AbortSignal>();
  #ref: SignalRef | undefined;

  static {
    isSignalBrand = (value): value is AbortSignal => isObject(value) && #isAborted in value;
    newSignal = () => new AbortSignal(MAKE);
    const refOf = (signal: AbortSignal) => {
      signal.#ref ??= construct(WeakRefClass<AbortSignal>, [signal]) as SignalRef;
      return signal.#ref;
    };
    const living = (refs: readonly SignalRef[]) => refs.map(signalOf).filter((signal) => signal !== undefined);
    heardChanged = (signal) => {
      if (signal.#sources === undefined) return;
      const isHeard = !signal.#isAborted && (signal.#algorithms.size > 0 || hasListeners(signal, "abort"));
      for (const source of living(signal.#sources)) {
        if (isHeard) source.#heard.add(signal);
        else source.#heard.delete(signal);
      }
    };
    addAlgorithm = (signal, run) => {
      signal.#algorithms.add(run);
      heardChanged(signal);
      return () => {
        if (signal.#algorithms.delete(run)) heardChanged(signal);
      };
    };
    const addDependent = (source: AbortSignal, dependent: AbortSignal) => {
      if (source.#dependents.length >= source.#sweptLength) {
        source.#dependents = living(source.#dependents)
          .filter((signal) => !signal.#isAborted)
          .map(refOf);
        source.#sweptLength = Math.max(SWEPT_LENGTH_MIN, 2 * source.#dependents.length);
      }
      source.#dependents.push(refOf(dependent));
    };
    const take = (signal: AbortSignal, reason: unknown) => {
      signal.#isAborted = true;
      signal.#reason = reason;
      heardChanged(signal);
    };
    const tell = (signal: AbortSignal) => {
      const algorithms = [...signal.#algorithms];
      signal.#algorithms.clear();
      for (const run of algorithms) run();
      dispatchTrusted(signal, new Event("abort"));
    };
    signalAbort = (signal, reason) => {
      if (signal.#isAborted) return;
      take(signal, reason === undefined ? new DOMException("This operation was aborted", "AbortError") : reason);
      const followers = living(signal.#dependents).filter((dependent) => !dependent.#isAborted);
      signal.#dependents = [];
      for (const follower of followers) take(follower, signal.#reason);
      tell(signal);
      for (const follower of followers) tell(follower);
    };
    follow = (signals) => {
      const result = newSignal();
      const aborted = signals.find((signal) => signal.#isAborted);
      if (aborted !== undefined) {
        take(result, aborted.#reason);
        return result;
      }
      const sources = new Set(
        signals.flatMap((signal) => (signal.#sources === undefined ? [signal] : living(signal.#sources))),
      );
      result.#sources = [...sources].map(refOf);
      for (const source of sources) addDependent(source, result);
      return result;
    };
  }

  constructor(make: unknown = undefined) {
    if (make !== MAKE) throw new TypeError("Illegal constructor");
    super();
  }

  static abort(reason: unknown = undefined): AbortSignal {
    const signal = newSignal();
    signalAbort(signal, reason);
    return signal;
  }

  static timeout(milliseconds: unknown): AbortSignal {
    needArguments(arguments.length, 1, "AbortSignal.timeout");
    const delayMs = toUnsignedLongLong(milliseconds, "The delay of AbortSignal.timeout");
    const signal = newSignal();
    setTimeout(() => signalAbort(signal, new DOMException("The operation timed out", "TimeoutError")), delayMs);
    return signal;
  }

  static any(signals: unknown): AbortSignal {
    needArguments(arguments.length, 1, "AbortSignal.any");
    const convert = (value: unknown) => {
      if (!isSignalBrand(value)) throw new TypeError("AbortSignal.any takes a list of AbortSignals");
      return value;
    };
    return follow(toSequence(signals, convert, "the signals"));
  }

  get aborted(): boolean {
    return this.#isAborted;
  }
  get reason(): unknown {
    return this.#reason;
  }
  throwIfAborted(): void {
    if (this.#isAborted) throw this.#reason;
  }
}

defineInterface(AbortSignal, "AbortSignal");
defineHandlers(AbortSignal, isSignalBrand, ["abort"]);
useSignalRules({
  isSignal: isSignalBrand,
  isAborted: (signal) => (signal as AbortSignal).aborted,
  whenAborted: (signal, run) => addAlgorithm(signal as AbortSignal, run),
  listenersChanged: (target) => {
    if (isSignalBrand(target)) heardChanged(target);
  },
});

/** DOM's AbortController. */
export class AbortController {
  readonly #signal = newSignal();

  get signal(): AbortSignal {
    return this.#signal;
  }
  abort(reason: unknown = undefined): void {
    signalAbort(this.#signal, reason);
  }
}

defineInterface(AbortController, "AbortController");

export const isAbortSignal = isSignalBrand;
/** What `AbortSignal.any` gives. */
export const followSignals = follow;
/** Runs when the signal aborts, before its event. @returns what takes it away again */
export const whenAborted = addAlgorithm;
