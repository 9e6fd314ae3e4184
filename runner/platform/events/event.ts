import { performanceNow } from "../clock.ts";
import { defineProperty } from "../primordials.ts";
import { defineConstants, defineInterface, isObject, needArguments, toDictionary } from "../webidl.ts";
import type { EventTarget } from "./eventTarget.ts";

const PHASES = { NONE: 0, CAPTURING_PHASE: 1, AT_TARGET: 2, BUBBLING_PHASE: 3 } as const;

/** What a dispatch does with an event. */
export interface DispatchControl {
  /** Whether it is being dispatched. */
  readonly isBusy: boolean;
  readonly isPropagationStopped: boolean;
  readonly isImmediateStopped: boolean;
  readonly isCanceled: boolean;
  begin(target: EventTarget | typeof globalThis, isTrusted: boolean): void;
  /** While a listener runs that promised not to cancel. */
  setPassive(isPassive: boolean): void;
  end(): void;
}

let controlOf: (event: Event) => DispatchControl;
let trustedOf: (event: object) => boolean;
let isEventBrand: (value: unknown) => value is Event;

/** One function for all events: it is the same on every one of them. */
const { get: getIsTrusted } = Object.getOwnPropertyDescriptor(
  {
    get isTrusted(): boolean {
      return trustedOf(this);
    },
  },
  "isTrusted",
) as { get: () => boolean };

/** DOM's Event. There is no tree: an event has one target, and no phases but that one. */
export class Event {
  #type: string;
  #bubbles: boolean;
  #cancelable: boolean;
  readonly #composed: boolean;
  readonly #timeStamp = performanceNow();
  #isTrusted = false;
  #target: EventTarget | typeof globalThis | null = null;
  #isDispatched = false;
  #isStopped = false;
  #isStoppedAtOnce = false;
  #isCanceled = false;
  #isInPassiveListener = false;

  static {
    isEventBrand = (value): value is Event => isObject(value) && #isDispatched in value;
    trustedOf = (event) => (event as Event).#isTrusted;
    controlOf = (event) => ({
      get isBusy() {
        return event.#isDispatched;
      },
      get isPropagationStopped() {
        return event.#isStopped;
      },
      get isImmediateStopped() {
        return event.#isStoppedAtOnce;
      },
      get isCanceled() {
        return event.#isCanceled;
      },
      begin(target, isTrusted) {
        event.#isTrusted = isTrusted;
        event.#isDispatched = true;
        event.#target = target;
      },
      setPassive(isPassive) {
        event.#isInPassiveListener = isPassive;
      },
      end() {
        event.#isDispatched = false;
        event.#isStopped = false;
        event.#isStoppedAtOnce = false;
      },
    });
  }

  constructor(type: unknown, eventInitDict: unknown = undefined) {
    needArguments(arguments.length, 1, "new Event");
    this.#type = `${type}`;
    const init = toDictionary(eventInitDict, "The second argument of an event");
    this.#bubbles = Boolean(init.bubbles);
    this.#cancelable = Boolean(init.cancelable);
    this.#composed = Boolean(init.composed);
    defineProperty(this, "isTrusted", { get: getIsTrusted, enumerable: true });
  }

  get type(): string {
    return this.#type;
  }
  get target(): EventTarget | typeof globalThis | null {
    return this.#target;
  }
  get srcElement(): EventTarget | typeof globalThis | null {
    return this.#target;
  }
  get currentTarget(): EventTarget | typeof globalThis | null {
    return this.#isDispatched ? this.#target : null;
  }
  composedPath(): (EventTarget | typeof globalThis)[] {
    return this.#isDispatched && this.#target !== null ? [this.#target] : [];
  }
  get eventPhase(): number {
    return this.#isDispatched ? PHASES.AT_TARGET : PHASES.NONE;
  }
  stopPropagation(): void {
    this.#isStopped = true;
  }
  get cancelBubble(): boolean {
    return this.#isStopped;
  }
  set cancelBubble(value: unknown) {
    if (value) this.#isStopped = true;
    else this.#isStopped;
  }
  stopImmediatePropagation(): void {
    this.#isStopped = true;
    this.#isStoppedAtOnce = true;
  }
  get bubbles(): boolean {
    return this.#bubbles;
  }
  get cancelable(): boolean {
    return this.#cancelable;
  }
  get returnValue(): boolean {
    return !this.#isCanceled;
  }
  set returnValue(value: unknown) {
    if (value) this.#isCanceled;
    else this.preventDefault();
  }
  preventDefault(): void {
    if (this.#cancelable && !this.#isInPassiveListener) this.#isCanceled = true;
  }
  get defaultPrevented(): boolean {
    return this.#isCanceled;
  }
  get composed(): boolean {
    return this.#composed;
  }
  get timeStamp(): number {
    return this.#timeStamp;
  }
  initEvent(type: unknown, bubbles: unknown = false, cancelable: unknown = false): void {
    const isDispatched = this.#isDispatched;
    needArguments(arguments.length, 1, "initEvent");
    const text = `${type}`;
    if (isDispatched) return;
    this.#isStopped = false;
    this.#isStoppedAtOnce = false;
    this.#isCanceled = false;
    this.#isTrusted = false;
    this.#target = null;
    this.#type = text;
    this.#bubbles = Boolean(bubbles);
    this.#cancelable = Boolean(cancelable);
  }
}

defineInterface(Event, "Event");
defineConstants(Event, PHASES);

export const isEvent = isEventBrand;
export const dispatchControl = controlOf;
