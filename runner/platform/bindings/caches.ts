import { CACHES } from "../../bindings/kinds.ts";
import type { HeaderList } from "../../protocol/messages.ts";
import { BodyHolder } from "../fetch/bodyHolder.ts";
import { withoutFragment } from "../fetch/fetch.ts";
import type { Header } from "../fetch/headerList.ts";
import { isRequest, Request, requestState } from "../fetch/request.ts";
import { fetchedResponse, isResponse, type Response, responseState } from "../fetch/response.ts";
import { freeze, sliceText, toLowerCase } from "../primordials.ts";
import { needArguments } from "../webidl.ts";
import { bindingCall } from "./bindingCall.ts";

interface QueryOptions {
  readonly ignoreMethod?: unknown;
}

interface Found {
  readonly status: number;
  readonly headers: HeaderList;
}

/** Answers that a function has stored on this node, given again by the rules of RFC 9111. */
class Cache {
  readonly #name: string;

  constructor(name: string) {
    this.#name = name;
  }

  /** @returns undefined where there is none that may be given now. */
  async match(request: unknown, options: QueryOptions = {}): Promise<Response | undefined> {
    needArguments(arguments.length, 1, "match");
    const { url, method, list } = stateFrom(request);
    if (method !== "GET" && !options?.ignoreMethod) return undefined;
    const args = { cache: this.#name, url, headers: list };
    const { result, body } = await bindingCall({ binding: CACHES, operation: "match", args });
    if (result === null) return undefined;
    const { status, headers } = result as Found;
    const parts = { statusText: "", url, redirected: false, body: new BodyHolder(body) };
    return fetchedResponse({ ...parts, status, list: headers as Header[] });
  }

  /** Stores an answer, where that is allowed: nothing is told when it is not. */
  async put(request: unknown, response: unknown): Promise<void> {
    needArguments(arguments.length, 2, "put");
    const { url, method, list } = stateFrom(request);
    if (method !== "GET") throw new TypeError(`Answers to GET can be stored, not to ${method}`);
    const scheme = toLowerCase(sliceText(url, 0, 5));
    if (scheme !== "http:" && scheme !== "https") throw new TypeError("The URL of a stored answer is http: or https:");
    if (!isResponse(response)) throw new TypeError("A cache stores a Response");
    const { status, list: headers, body } = responseState(response);
    if (status === 206) throw new TypeError("A part of an answer (206) cannot be stored");
    for (let index = 0; index < headers.length; index++) {
      const [name, value] = headers[index] as Header;
      if (name === "vary" && value.includes("*"))
        throw new TypeError("An answer that varies by everything cannot be stored");
    }
    const args = { cache: this.#name, url, headers: list, status, responseHeaders: headers };
    const source = body === null ? undefined : body.take();
    await bindingCall({ binding: CACHES, operation: "put", args, ...(source !== undefined && { body: source }) });
  }

  /** @returns whether there was one. */
  async delete(request: unknown, options: QueryOptions = {}): Promise<boolean> {
    needArguments(arguments.length, 1, "delete");
    const { url, method, list } = stateFrom(request);
    if (method !== "GET" && !options?.ignoreMethod) return false;
    const args = { cache: this.#name, url, headers: list };
    return (await bindingCall({ binding: CACHES, operation: "delete", args })).result === true;
  }

  get [Symbol.toStringTag](): string {
    return "Cache";
  }
}

/** The caches of a function; each is made when it is asked for. */
export const caches = freeze({
  default: new Cache(""),
  async open(name: unknown): Promise<Cache> {
    needArguments(arguments.length, 1, "open");
    return new Cache(`=${name}`);
  },
});

function stateFrom(input: unknown) {
  const { url, method, list } = requestState(isRequest(input) ? input : new Request(input));
  return { url: withoutFragment(url), method, list };
}
