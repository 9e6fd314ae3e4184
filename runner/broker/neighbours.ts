import { Agent, request as httpRequest, type IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import { NEIGHBOUR_HEADERS, type NeighbourRefusal } from "../neighbour.ts";
import type { SubRequestHead } from "../protocol/messages.ts";
import { Refusal } from "./destination.ts";
import { answerOf, HEADER_BYTES_MAX, requireMethod, type SubResponse } from "./egress.ts";
import { neighbourHeaders } from "./headers.ts";
import { framing, httpSend } from "./httpSend.ts";
import { OverLimit } from "./overLimit.ts";

interface NeighbourRequest {
  readonly head: SubRequestHead;
  readonly body: Buffer | Readable;
  readonly binding: string;
  readonly slot: number;
  /** The router's number of the request that asks. */
  readonly caller: number;
  readonly signal: AbortSignal;
}

/** The way to the other functions of the node: through the router, which knows who may ask whom. Redirects are answers. */
export class Neighbours {
  readonly #socket: string;
  readonly #token: string;
  readonly #agent = new Agent({ keepAlive: true });

  constructor(socket: string, token: string) {
    this.#socket = socket;
    this.#token = token;
  }

  /** @throws Refusal, OverLimit, or an Error whose message may be shown to the function. */
  async fetch({ head, body, binding, slot, caller, signal }: NeighbourRequest): Promise<SubResponse> {
    requireMethod(head.method);
    const url = new URL(head.url);
    if (url.protocol !== "http:" && url.protocol !== "https:") {
      throw new Refusal("scheme", `${url.protocol} cannot be used; give a http: or https: URL`);
    }
    signal.throwIfAborted();
    const headers = [
      ...neighbourHeaders(head.headers),
      ...framing(head, body),
      ["host", url.host],
      [NEIGHBOUR_HEADERS.token, this.#token],
      [NEIGHBOUR_HEADERS.asker, `${slot} ${caller}`],
      [NEIGHBOUR_HEADERS.binding, binding],
    ];
    url.hash = "";
    const request = httpRequest({
      socketPath: this.#socket,
      // The whole URL: the function that answers sees the one that was asked for.
      path: url.href,
      method: head.method,
      headers: headers.flat(),
      agent: this.#agent,
      signal,
      maxHeaderSize: HEADER_BYTES_MAX,
    });
    const message = await httpSend(
      request,
      body,
      () => new Error("the function's node went away, or its answer was cut"),
    );
    refuse(message);
    return answerOf(message, head, 0);
  }
}

function refuse(message: IncomingMessage): void {
  const refused = message.headers[NEIGHBOUR_HEADERS.refused];
  if (typeof refused !== "string") return;
  message.destroy();
  const refusal = JSON.parse(refused) as NeighbourRefusal;
  if ("message" in refusal) throw new Refusal("function", refusal.message);
  throw new OverLimit(refusal, `the request has run ${refusal.used} functions`);
}
