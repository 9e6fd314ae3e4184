/** What of a request a rule looks at: the target as it came, or the Host header. */
type Part = "target" | "host";

export interface TargetRule {
  readonly part: Part;
  /**
   * Refused when it matches, in the dialect that JavaScript and PCRE2 share: HAProxy and Varnish read the same text. Without
   * quotation marks, which are the one thing that their configurations would take otherwise.
   */
  readonly pattern: string;
  readonly code: "ERR_BAD_REQUEST" | "ERR_URI_TOO_LONG";
  /** What is wrong and what to do instead. */
  readonly detail: string;
}

/** Longest request target, bytes. */
export const TARGET_BYTES_MAX = 8_192;

/** The rest of an expression looks at the path alone. */
const IN_PATH = "^[^?]*";
const DOT = "(?:\\.|%2[eE])";
const SEPARATOR = "(?:/|\\\\|%2[fF]|%5[cC])";
const PORT = "(?::(?:6553[0-5]|655[0-2][0-9]|65[0-4][0-9]{2}|6[0-4][0-9]{3}|[1-5][0-9]{4}|[0-9]{1,4}))?";
const OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
const IPV4 = `(?:${OCTET}\\.){3}${OCTET}`;
const LABEL = "[A-Za-z0-9_-]{1,63}";
/** A name whose last label is a number would be read as an address. */
const NUMBER = "(?:[0-9]+|0[xX][0-9A-Fa-f]*)\\.?(?::|$)";
const NAME = `(?=[^:]{1,254}(?::|$))(?:${LABEL}\\.)*(?!${NUMBER})${LABEL}\\.?`;
const IPV6 = "\\[[0-9A-Fa-f:]{2,39}\\]";

/**
 * Requests that two programs could read differently, in the order in which they are looked at: HAProxy refuses them, Varnish and the
 * router refuse them again, so that neither depends on who is in front.
 */
export const TARGET_RULES = {
  length: {
    part: "target",
    pattern: `^.{${TARGET_BYTES_MAX + 1}}`,
    code: "ERR_URI_TOO_LONG",
    detail: `A path and its query have ${TARGET_BYTES_MAX} bytes at most; send more in the body.`,
  },
  form: {
    part: "target",
    pattern: "^(?!/)",
    code: "ERR_BAD_REQUEST",
    detail: "The target must be a path: it must begin with a slash.",
  },
  bytes: {
    part: "target",
    pattern: "[^\\x21-\\x7e]",
    code: "ERR_BAD_REQUEST",
    detail: "The target has a space, a control character or a byte beyond ASCII: percent-encode it.",
  },
  fragment: {
    part: "target",
    pattern: "#",
    code: "ERR_BAD_REQUEST",
    detail: "The target has a fragment, which belongs to the client alone.",
  },
  backslash: {
    part: "target",
    pattern: `${IN_PATH}\\\\`,
    code: "ERR_BAD_REQUEST",
    detail: "The path has a backslash, which some take for a slash: write / or %5C.",
  },
  encoding: {
    part: "target",
    pattern: `${IN_PATH}%(?![0-9A-Fa-f]{2})`,
    code: "ERR_BAD_REQUEST",
    detail: "The path has a percent sign without two hexadecimal digits: write %25.",
  },
  zero: {
    part: "target",
    pattern: `${IN_PATH}%00`,
    code: "ERR_BAD_REQUEST",
    detail: "The path has an encoded zero byte.",
  },
  dots: {
    part: "target",
    pattern: `${IN_PATH}${SEPARATOR}${DOT}{1,2}(?:${SEPARATOR}|[?]|$)`,
    code: "ERR_BAD_REQUEST",
    detail: "The path has a segment . or .., plain or encoded: resolve it before sending.",
  },
  host: {
    part: "host",
    pattern: `^(?!(?:${IPV4}|${NAME}|${IPV6})${PORT}$)`,
    code: "ERR_BAD_REQUEST",
    detail: "The Host header must be there once, with a name or an address, and perhaps a port.",
  },
} as const satisfies Record<string, TargetRule>;

export type TargetRuleName = keyof typeof TARGET_RULES;

const RULES = (Object.entries(TARGET_RULES) as [TargetRuleName, TargetRule][]).map(([name, { part, pattern }]) => ({
  name,
  part,
  pattern: new RegExp(pattern, "s"),
}));

/** Most targets and hosts break no rule, and are known by less than all expressions. */
const PLAIN_TARGET = /^\/(?:[\w~-][\w.~-]*(?:\/[\w~-][\w.~-]*)*\/?)?(?:\?[\x21\x22\x24-\x7e]*)?$/;
const PLAIN_HOSTS_MAX = 1_000;
const plainHosts = new Set<string>();

/** The first rule that a request breaks; null when it breaks none. */
export function brokenRule(target: string, host: string): TargetRuleName | null {
  if (plainHosts.has(host) && target.length <= TARGET_BYTES_MAX && PLAIN_TARGET.test(target)) return null;
  const parts = { target, host };
  for (const { name, part, pattern } of RULES) if (pattern.test(parts[part])) return name;
  if (plainHosts.size >= PLAIN_HOSTS_MAX) plainHosts.clear();
  plainHosts.add(host);
  return null;
}
