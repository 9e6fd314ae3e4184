import { createHash } from "node:crypto";

/** Visitors fall into so many shares of equal size; a split is told in hundredths of a percent. */
export const SHARES = 10_000;

/** The header in which the door tells cache and router which version it chose; neither believes it of clients. */
export const VERSION_HEADER = "x-edge-version";

/** The door's cookie: who the visitor is for splits, and nothing else. Set where a function has a split. */
export const VISITOR_COOKIE = {
  name: "__Host-edge-visitor",
  pattern: "^[0-9a-f]{16}$",
  maxAgeSeconds: 7 * 24 * 60 * 60,
};

/** Shares that a candidate with this percentage has, the lowest ones. */
export function sharesOf(percent: number): number {
  return Math.round((percent * SHARES) / 100);
}

/**
 * The share of a visitor in one function's split, 0 to 9,999: the same on every node, and for each function another, so that no
 * visitor gets all candidates. HAProxy computes the same (`components/node/haproxy/policies/arms.ts`).
 */
export function shareOf(visitor: string, functionName: string): number {
  const digest = createHash("sha256").update(`${functionName}:${visitor}`).digest();
  return digest.readUInt32BE(0) % SHARES;
}

/** The tag of a function's answers in the cache, where all of them are to be forgotten on a deploy. */
export function functionTag(name: string): string {
  return `function:${name}`;
}
