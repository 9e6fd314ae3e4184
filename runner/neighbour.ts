/** How the broker asks the router to run a function for another one: HTTP over a socket of their own, with these headers. */
export const NEIGHBOUR_HEADERS = {
  /** What the router has given the broker at its start. */
  token: "x-edge-token",
  /** Slot of the worker and the router's number of the request that asks, a space between. */
  asker: "x-edge-asker",
  /** Name in the asking function's `env`. */
  binding: "x-edge-binding",
  /** In an answer: no function was run; a NeighbourRefusal in JSON. Functions cannot send headers that begin with `x-edge-`. */
  refused: "x-edge-refused",
} as const;

export type NeighbourRefusal =
  | { readonly message: string }
  /** It would have been one function more than the request may run. */
  | { readonly limit: "functionCalls"; readonly used: number };
