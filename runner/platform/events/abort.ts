import { DOMException } from "../domException.ts";
import { setTimeout } from "../timers.ts";
import { defineInterface, isObject, needArguments, toSequence, toUnsignedLongLong } from "../webidl.ts";
import { Event } from "./event.ts";
import { defineHandlers } from "./eventHandler.ts";
import { dispatchTrusted, EventTarget, useSignalRules } from "./eventTarget.ts";

let newSignal: () => AbortSignal;
let isSignalBrand: (value: unknown) => value is AbortSignal;
let signalAbort: (signal: AbortSignal, reason: unknown) => void;
let follow: (sources: readonly AbortSignal[]) => AbortSignal;
let addAlgorithm: (signal: AbortSignal, run: () => void) => () => void;
const MAKE = Symbol("AbortSignal");

/** DOM's AbortSignal. */
export class AbortSignal extends EventTarget {
  #isAborted = false;
  #reason: unknown;
  #algorithms = new Set<() => void>();
  /** Of a signal made by `any`: those that it follows, none of which follows others. */
  #sources: Set<AbortSignal> | undefined;
  #dependents: AbortSignal[] = [];

  static {
    isSignalBrand = (value): value is AbortSignal => isObject(value) && #isAborted in value;
    newSignal = () => new AbortSignal(MAKE);
    addAlgorithm = (signal, run) => {
      signal.#algorithms.add(run);
      return () => signal.#algorithms.delete(run);
    };
    const take = (signal: AbortSignal, reason: unknown) => {
      signal.#isAborted = true;
      signal.#reason = reason;
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
      const followers = signal.#dependents.filter((dependent) => !dependent.#isAborted);
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
      result.#sources = new Set(
        signals.flatMap((signal) => (signal.#sources === undefined ? [signal] : [...signal.#sources])),
      );
      for (const source of result.#sources) source.#dependents.push(result);
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
