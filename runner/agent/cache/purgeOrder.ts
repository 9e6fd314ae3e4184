/** What is to be forgotten: one page, all pages with a tag, all pages of a host, or everything. */
export type PurgeOrder =
  | { readonly kind: "url"; readonly url: URL; readonly isSoft: boolean }
  | { readonly kind: "tag"; readonly tag: string }
  | { readonly kind: "host"; readonly host: string }
  | { readonly kind: "all" };

/** The same in JSON; with `soft` the copy only expires. */
export type PurgeCommand =
  | { readonly url: string; readonly soft?: boolean }
  | { readonly tag: string }
  | { readonly host: string }
  | { readonly all: true };

export class PurgeOrderError extends Error {
  override readonly name = "PurgeOrderError";
}

const TAG = /^[\w.:/-]{1,128}$/;
const HOST = /^[a-z0-9.-]{1,253}$/;
const KINDS = ["url", "tag", "host", "all"] as const;

/**
 * Reads `{"url": "https://…"}` (with `"soft": true` the copy only expires), `{"tag": "…"}`, `{"host": "…"}` or `{"all": true}`.
 *
 * @throws PurgeOrderError naming the key, its value and the remedy.
 */
export function parsePurgeOrder(value: unknown): PurgeOrder {
  const order = typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  const [kind, second] = KINDS.filter((key) => Object.hasOwn(order, key));
  const unknown = Object.keys(order).find((key) => key !== "soft" && !KINDS.some((known) => known === key));
  if (kind === undefined || second !== undefined || unknown !== undefined) {
    throw new PurgeOrderError(`the body must have exactly one of url, tag, host and all; it is ${shown(value)}`);
  }
  const given = order[kind];
  if (order.soft !== undefined && (kind !== "url" || typeof order.soft !== "boolean")) {
    throw new PurgeOrderError(`soft is ${shown(order.soft)}: give true or false, and only with url`);
  }
  switch (kind) {
    case "url": {
      const url = typeof given === "string" && URL.canParse(given) ? new URL(given) : null;
      if (url === null || !/^https?:$/.test(url.protocol)) throw wrong("url", given, "a whole URL: https://host/path");
      return { kind, url, isSoft: order.soft === true };
    }
    case "tag":
      if (typeof given !== "string" || !TAG.test(given))
        throw wrong("tag", given, "letters, digits and _ . : / -, 128 at most");
      return { kind, tag: given };
    case "host":
      if (typeof given !== "string" || !HOST.test(given))
        throw wrong("host", given, "a host in lower case, without a port");
      return { kind, host: given };
    case "all":
      if (given !== true) throw wrong("all", given, "true");
      return { kind };
  }
}

function wrong(key: string, value: unknown, expected: string): PurgeOrderError {
  return new PurgeOrderError(`${key} is ${shown(value)}: give ${expected}`);
}

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? "nothing").slice(0, 200);
}
