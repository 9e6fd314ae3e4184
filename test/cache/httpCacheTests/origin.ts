import type { IncomingMessage, ServerResponse } from "node:http";
import config from "http-cache-tests/server/handle-config.mjs";
import state from "http-cache-tests/server/handle-state.mjs";
import test from "http-cache-tests/server/handle-test.mjs";
import type { Handler } from "./groups.ts";

const HANDLERS: Readonly<Record<string, Handler>> = { config, state, test };

/** The suite's own origin: each test tells it first what to answer. */
export function origin(request: IncomingMessage, response: ServerResponse): void {
  const [, resource = "", ...path] = new URL(request.url ?? "/", "http://origin").pathname.split("/");
  const handle = Object.hasOwn(HANDLERS, resource) ? HANDLERS[resource] : undefined;
  if (handle === undefined) response.end("ready");
  else handle(path, request, response);
}
