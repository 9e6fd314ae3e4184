import { apply } from "./primordials.ts";

type Handle = (given: object, env: object, context: object) => unknown;

/** What a module handles. */
export interface Handlers {
  readonly fetch: Handle | undefined;
  readonly scheduled: Handle | undefined;
}

/**
 * The handlers of a module: of its default export, an object with `fetch` and `scheduled` or a function, which is `fetch`; else of
 * its named exports `fetch` (or `handler`) and `scheduled`.
 */
export function handlersOf(namespace: Readonly<Record<string, unknown>>): Handlers {
  const { default: main } = namespace;
  if (typeof main === "function") {
    return { fetch: main as Handle, scheduled: methodOf(main, "scheduled") ?? named(namespace.scheduled) };
  }
  return {
    fetch: methodOf(main, "fetch") ?? named(namespace.fetch) ?? named(namespace.handler),
    scheduled: methodOf(main, "scheduled") ?? named(namespace.scheduled),
  };
}

function methodOf(owner: unknown, name: "fetch" | "scheduled"): Handle | undefined {
  if (owner === null || (typeof owner !== "object" && typeof owner !== "function")) return undefined;
  const method = (owner as Record<string, unknown>)[name];
  if (typeof method !== "function") return undefined;
  return (given, env, context) => apply(method, owner, [given, env, context]);
}

function named(exported: unknown): Handle | undefined {
  return typeof exported === "function" ? (exported as Handle) : undefined;
}
