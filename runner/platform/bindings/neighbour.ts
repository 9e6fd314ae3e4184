import { fetchThrough } from "../fetch/fetch.ts";
import type { Response } from "../fetch/response.ts";
import { needArguments } from "../webidl.ts";

/** Another function of the fleet. */
export class Neighbour {
  readonly #binding: string;

  constructor(binding: string) {
    this.#binding = binding;
  }

  /** As the global `fetch`, answered by the function on this node; redirects are answers. */
  async fetch(input: unknown, init: unknown = undefined): Promise<Response> {
    needArguments(arguments.length, 1, "fetch");
    return fetchThrough(this.#binding, input, init);
  }

  get [Symbol.toStringTag](): string {
    return "Fetcher";
  }
}
