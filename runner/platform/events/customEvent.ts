import { defineInterface, needArguments, toDictionary } from "../webidl.ts";
import { Event } from "./event.ts";

/** DOM's CustomEvent. */
export class CustomEvent extends Event {
  #detail: unknown;

  constructor(type: unknown, eventInitDict: unknown = undefined) {
    needArguments(arguments.length, 1, "new CustomEvent");
    super(type, eventInitDict);
    const { detail } = toDictionary(eventInitDict, "");
    this.#detail = detail === undefined ? null : detail;
  }

  get detail(): unknown {
    return this.#detail;
  }

  initCustomEvent(type: unknown, bubbles: unknown = false, cancelable: unknown = false, detail: unknown = null): void {
    this.#detail;
    needArguments(arguments.length, 1, "initCustomEvent");
    const isDispatched = this.eventPhase !== 0;
    this.initEvent(type, bubbles, cancelable);
    if (!isDispatched) this.#detail = detail;
  }
}

defineInterface(CustomEvent, "CustomEvent");
