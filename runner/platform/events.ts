import { performanceNow } from "./clock.ts";

type Listener = ((event: Event) => void) | { handleEvent(event: Event): void };

interface Registration {
  readonly callback: Listener;
  readonly once: boolean;
  removed: boolean;
}

type Remove = (entry: Registration) => void;
let dispatch: (event: Event, target: EventTarget, listeners: readonly Registration[], remove: Remove) => boolean;

/** DOM events without a tree: no capture, no bubbling. */
export class Event {
  readonly type: string;
  readonly bubbles: boolean;
  readonly cancelable: boolean;
  readonly timeStamp = performanceNow();
  readonly isTrusted = false;
  #canceled = false;
  #stopped = false;
  #target: EventTarget | null = null;

  constructor(type: unknown, init: { bubbles?: boolean; cancelable?: boolean } = {}) {
    this.type = `${type}`;
    this.bubbles = Boolean(init.bubbles);
    this.cancelable = Boolean(init.cancelable);
  }
  get target(): EventTarget | null {
    return this.#target;
  }
  get currentTarget(): EventTarget | null {
    return this.#target;
  }
  get defaultPrevented(): boolean {
    return this.#canceled;
  }
  preventDefault(): void {
    if (this.cancelable) this.#canceled = true;
  }
  stopPropagation(): void {}
  stopImmediatePropagation(): void {
    this.#stopped = true;
  }

  static {
    dispatch = (event, target, listeners, remove) => {
      event.#target = target;
      for (const entry of [...listeners]) {
        if (entry.removed) continue;
        if (entry.once) remove(entry);
        try {
          if (typeof entry.callback === "function") entry.callback.call(target, event);
          else entry.callback.handleEvent(event);
        } catch (error) {
          console.error(error);
        }
        if (event.#stopped) break;
      }
      return !event.#canceled;
    };
  }
}

export class CustomEvent extends Event {
  readonly detail: unknown;
  constructor(type: unknown, init: { bubbles?: boolean; cancelable?: boolean; detail?: unknown } = {}) {
    super(type, init);
    this.detail = init.detail ?? null;
  }
}

export class EventTarget {
  #listeners = new Map<string, Registration[]>();

  addEventListener(
    type: string,
    callback: Listener | null,
    options?: boolean | { once?: boolean; signal?: AbortSignal },
  ) {
    if (callback === null || callback === undefined) return;
    const { once = false, signal = undefined } = typeof options === "object" ? options : {};
    if (signal?.aborted) return;
    const list = this.#listeners.get(`${type}`) ?? [];
    this.#listeners.set(`${type}`, list);
    if (list.some((entry) => entry.callback === callback)) return;
    list.push({ callback, once, removed: false });
    signal?.addEventListener("abort", () => this.removeEventListener(type, callback));
  }

  removeEventListener(type: string, callback: Listener | null): void {
    const entry = this.#listeners.get(`${type}`)?.find((found) => found.callback === callback);
    if (entry !== undefined) this.#remove(`${type}`, entry);
  }

  dispatchEvent(event: Event): boolean {
    const listeners = this.#listeners.get(event.type) ?? [];
    return dispatch(event, this, listeners, (entry) => this.#remove(event.type, entry));
  }

  #remove(type: string, entry: Registration): void {
    entry.removed = true;
    this.#listeners.set(
      type,
      (this.#listeners.get(type) ?? []).filter((found) => found !== entry),
    );
  }
}

let abortSignal: (signal: AbortSignal, reason: unknown) => void;
let newSignal: () => AbortSignal;
const KEY = Symbol("AbortSignal");

export class AbortSignal extends EventTarget {
  onabort: ((event: Event) => void) | null = null;
  #aborted = false;
  #reason: unknown;

  static {
    newSignal = () => new AbortSignal(KEY);
    abortSignal = (signal, reason) => {
      if (signal.#aborted) return;
      signal.#aborted = true;
      signal.#reason = reason === undefined ? new DOMException("This operation was aborted", "AbortError") : reason;
      const event = new Event("abort");
      signal.onabort?.call(signal, event);
      signal.dispatchEvent(event);
    };
  }

  constructor(key?: unknown) {
    super();
    if (key !== KEY) throw new TypeError("Illegal constructor");
  }
  get aborted(): boolean {
    return this.#aborted;
  }
  get reason(): unknown {
    return this.#reason;
  }
  throwIfAborted(): void {
    if (this.#aborted) throw this.#reason;
  }
  static abort(reason?: unknown): AbortSignal {
    const signal = newSignal();
    abortSignal(signal, reason);
    return signal;
  }
  static timeout(delayMs: number): AbortSignal {
    const signal = newSignal();
    setTimeout(() => abortSignal(signal, new DOMException("The operation timed out", "TimeoutError")), delayMs);
    return signal;
  }
  static any(signals: Iterable<AbortSignal>): AbortSignal {
    const joined = newSignal();
    for (const signal of signals) {
      if (signal.aborted) abortSignal(joined, signal.reason);
      else signal.addEventListener("abort", () => abortSignal(joined, signal.reason), { once: true });
    }
    return joined;
  }
}

export class AbortController {
  readonly signal: AbortSignal = newSignal();
  abort(reason?: unknown): void {
    abortSignal(this.signal, reason);
  }
}
