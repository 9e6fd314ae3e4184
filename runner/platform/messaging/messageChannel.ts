import { defineInterface } from "../webidl.ts";
import { Endpoint } from "./endpoint.ts";
import { type MessagePort, messagePort } from "./messagePort.ts";

/** HTML's MessageChannel. */
export class MessageChannel {
  readonly #ports: readonly MessagePort[] = Endpoint.pair().map(messagePort);

  get port1(): MessagePort {
    return this.#ports[0] as MessagePort;
  }
  get port2(): MessagePort {
    return this.#ports[1] as MessagePort;
  }
}

defineInterface(MessageChannel, "MessageChannel");
