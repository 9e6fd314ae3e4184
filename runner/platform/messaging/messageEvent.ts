import { Event } from "../events/event.ts";
import { freeze } from "../primordials.ts";
import { defineInterface, needArguments, toDictionary, toSequence, toUsvString } from "../webidl.ts";
import { isMessagePort, type MessagePort } from "./messagePort.ts";

/** HTML's MessageEvent. */
export class MessageEvent extends Event {
  #data: unknown;
  #origin: string;
  #lastEventId: string;
  #source: MessagePort | null;
  #ports: readonly MessagePort[];

  constructor(type: unknown, eventInitDict: unknown = undefined) {
    needArguments(arguments.length, 1, "new MessageEvent");
    super(type, eventInitDict);
    const { data, lastEventId, origin, ports, source } = toDictionary(eventInitDict, "");
    this.#data = data === undefined ? null : data;
    this.#lastEventId = lastEventId === undefined ? "" : `${lastEventId}`;
    this.#origin = origin === undefined ? "" : toUsvString(origin);
    this.#ports = toPorts(ports);
    this.#source = toSource(source);
  }

  get data(): unknown {
    return this.#data;
  }
  get origin(): string {
    return this.#origin;
  }
  get lastEventId(): string {
    return this.#lastEventId;
  }
  get source(): MessagePort | null {
    return this.#source;
  }
  get ports(): readonly MessagePort[] {
    return this.#ports;
  }

  initMessageEvent(
    type: unknown,
    bubbles: unknown = false,
    cancelable: unknown = false,
    data: unknown = null,
    origin: unknown = "",
    lastEventId: unknown = "",
    source: unknown = null,
    ports: unknown = undefined,
  ): void {
    this.#data;
    needArguments(arguments.length, 1, "initMessageEvent");
    const given = {
      origin: toUsvString(origin),
      lastEventId: `${lastEventId}`,
      source: toSource(source),
      ports: toPorts(ports),
    };
    const isDispatched = this.eventPhase !== 0;
    this.initEvent(type, bubbles, cancelable);
    if (isDispatched) return;
    this.#data = data;
    this.#origin = given.origin;
    this.#lastEventId = given.lastEventId;
    this.#source = given.source;
    this.#ports = given.ports;
  }
}

defineInterface(MessageEvent, "MessageEvent");

function toSource(value: unknown): MessagePort | null {
  if (value === undefined || value === null) return null;
  if (!isMessagePort(value)) throw new TypeError("The source of a message must be a MessagePort");
  return value;
}

function toPorts(value: unknown): readonly MessagePort[] {
  if (value === undefined) return freeze([]);
  const convert = (item: unknown) => {
    if (!isMessagePort(item)) throw new TypeError("The ports of a message must be MessagePorts");
    return item;
  };
  return freeze(toSequence(value, convert, "The list of ports"));
}
