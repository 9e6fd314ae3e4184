import { makeTransferable } from "../clone/platformObjects.ts";
import { uncloneable } from "../clone/serialize.ts";
import { type Parcel, pack, toObjects, toTransfer } from "../clone/structuredClone.ts";
import { defineHandlers } from "../events/eventHandler.ts";
import { EventTarget } from "../events/eventTarget.ts";
import { defineInterface, isObject, needArguments } from "../webidl.ts";
import type { Endpoint } from "./endpoint.ts";

const MAKE = Symbol("MessagePort");

let isPort: (value: unknown) => value is MessagePort;
let endpointOf: (port: MessagePort) => Endpoint | undefined;
let move: (port: MessagePort) => MessagePort;
let newPort: (endpoint: Endpoint) => MessagePort;

/** HTML's MessagePort. Both ends are in the same isolate: a message is cloned when it is sent, and delivered in an entry of its own. */
export class MessagePort extends EventTarget {
  /** Undefined once it was closed or transferred. */
  #endpoint: Endpoint | undefined;

  static {
    isPort = (value): value is MessagePort => isObject(value) && #endpoint in value;
    endpointOf = (port) => port.#endpoint;
    newPort = (endpoint) => {
      const port = new MessagePort(MAKE);
      port.#endpoint = endpoint;
      endpoint.belongTo(port);
      return port;
    };
    move = (port) => {
      const endpoint = port.#endpoint as Endpoint;
      port.#endpoint = undefined;
      return newPort(endpoint);
    };
  }

  constructor(make: unknown = undefined) {
    if (make !== MAKE) throw new TypeError("Illegal constructor");
    super();
  }

  postMessage(message: unknown, options: unknown = undefined): void {
    const endpoint = this.#endpoint;
    needArguments(arguments.length, 1, "postMessage");
    const transfer = isList(options) ? toObjects(options) : toTransfer(options);
    if (transfer.includes(this)) throw uncloneable("A port that is sent through itself");
    const isDoomed = transfer.some(
      (item) => isPort(item) && endpointOf(item) !== undefined && endpointOf(item) === endpoint?.peer,
    );
    const parcel: Parcel = pack(message, transfer);
    if (!isDoomed) endpoint?.peer?.receive(parcel);
  }

  start(): void {
    this.#endpoint?.start();
  }

  close(): void {
    const endpoint = this.#endpoint;
    this.#endpoint = undefined;
    endpoint?.close();
  }
}

defineInterface(MessagePort, "MessagePort");
defineHandlers(MessagePort, isPort, ["messageerror", "close"]);
defineHandlers(MessagePort, isPort, ["message"], (port) => endpointOf(port as MessagePort)?.start());
makeTransferable({
  is: isPort,
  isGone: (port) => endpointOf(port as MessagePort) === undefined,
  move: (port) => move(port as MessagePort),
});

function isList(value: unknown): boolean {
  return isObject(value) && (value as { [Symbol.iterator]?: unknown })[Symbol.iterator] !== undefined;
}

export const isMessagePort = isPort;
/** The port of an end of a channel. */
export const messagePort = newPort;
