import type { Conflict } from "./conflicts.ts";
import { showRoute } from "./route.ts";

/** Two functions claim the same requests, or the routes together cost too much to match. */
export class RouteError extends Error {
  override readonly name = "RouteError";
  readonly code: "ERR_ROUTE_CONFLICT" | "ERR_ROUTE_COST";
  readonly owner: string;

  constructor(code: RouteError["code"], owner: string, message: string) {
    super(message);
    this.code = code;
    this.owner = owner;
  }
}

export function conflictError({ claim, taken }: Conflict): RouteError {
  const [mine, other] = [claim, taken].map(({ owner, route }) => `${showRoute(route)} of ${owner}`);
  return new RouteError(
    "ERR_ROUTE_CONFLICT",
    claim.owner,
    `the route ${mine} takes the same requests as ${other}; change one of them, or give one a higher priority`,
  );
}
