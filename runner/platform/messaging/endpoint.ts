import { monotonicNow } from "../clock.ts";
import { type Parcel, unpack } from "../clone/structuredClone.ts";
import { Event } from "../events/event.ts";
import { dispatchTrusted } from "../events/eventTarget.ts";
import { isWaiting, queueTask } from "../timers.ts";
import { MessageEvent } from "./messageEvent.ts";
import { isMessagePort, type MessagePort } from "./messagePort.ts";

/** One end of a channel; it keeps its messages when its port is transferred. */
export class Endpoint {
  peer: Endpoint | undefined;
  #port: MessagePort | undefined;
  #waiting: { readonly parcel: Parcel; readonly sentMs: number }[] = [];
  #isStarted = false;
  /** The timer of the next delivery; it may have gone with its request. */
  #task = 0;

  /** Two ends, each the other's peer. */
  static pair(): [Endpoint, Endpoint] {
    const [one, two] = [new Endpoint(), new Endpoint()];
    one.peer = two;
    two.peer = one;
    return [one, two];
  }

  /** The port through which it is used from now on, which has not been started. */
  belongTo(port: MessagePort): void {
    this.#port = port;
    this.#isStarted = false;
  }

  receive(parcel: Parcel): void {
    this.#waiting.push({ parcel, sentMs: monotonicNow() });
    this.#tellHost();
  }

  start(): void {
    this.#isStarted = true;
    this.#tellHost();
  }

  close(): void {
    const { peer } = this;
    this.peer = undefined;
    this.#waiting = [];
    this.#port = undefined;
    if (peer === undefined) return;
    peer.peer = undefined;
    queueTask("A MessagePort", () => {
      if (peer.#port !== undefined) dispatchTrusted(peer.#port, new Event("close"));
    });
  }

  /** One message an entry, and one entry waiting, however many messages there are. */
  #tellHost(): void {
    const first = this.#waiting[0];
    if (first === undefined || !this.#isStarted || isWaiting(this.#task)) return;
    this.#task = queueTask("A MessagePort", () => this.#deliver(), first.sentMs);
  }

  #deliver(): void {
    const port = this.#port;
    if (port === undefined || !this.#isStarted) return;
    const message = this.#waiting.shift();
    this.#tellHost();
    if (message === undefined) return;
    const { parcel } = message;
    const init = { data: unpack(parcel), ports: parcel.moved.filter(isMessagePort) };
    dispatchTrusted(port, new MessageEvent("message", init));
  }
}
