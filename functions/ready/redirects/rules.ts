/** Where a path leads. */
export interface Redirect {
  readonly status: number;
  /** Empty for 410. */
  readonly location: string;
}

interface Rule {
  readonly from: string;
  readonly to: string;
  readonly status: number;
}

const STATUSES = [301, 302, 303, 307, 308, 410];
const DEFAULT_STATUS = 301;
const SPLAT = ":splat";
/** Paths that are the same however they are written. */
const PLAIN = /^[\w\-.~!$&'()+,;=:@/]*$/;
const PROBLEMS_SHOWN = 20;

/** A map of redirects, read from lines of `from to status`. */
export class Redirects {
  readonly #exact = new Map<string, Rule>();
  /** By what stands before the star. */
  readonly #prefixes = new Map<string, Rule>();
  /** Slashes of the prefix that has most. */
  #depth = 0;

  /** @throws Error naming every line that is wrong. */
  constructor(text: string) {
    const problems: string[] = [];
    for (const [index, line] of text.split("\n").entries()) {
      const words = line.trim().split(/\s+/);
      if (words[0] === "" || words[0]?.startsWith("#")) continue;
      const problem = this.#add(words);
      if (problem !== undefined) problems.push(`line ${index + 1}: ${problem}: ${line.trim().slice(0, 200)}`);
    }
    if (problems.length === 0) problems.push(...this.#circles());
    if (problems.length === 0) return;
    const more = problems.length > PROBLEMS_SHOWN ? [`and ${problems.length - PROBLEMS_SHOWN} more`] : [];
    throw new Error(`the map of redirects is wrong:\n${[...problems.slice(0, PROBLEMS_SHOWN), ...more].join("\n")}`);
  }

  /**
   * An exact path goes before a star, a longer star before a shorter one. A slash at the end makes no difference.
   *
   * @param search with its question mark; it goes on where the target has none of its own.
   */
  find(pathname: string, search: string): Redirect | undefined {
    const path = withoutSlash(pathname);
    const exact = this.#exact.get(path);
    if (exact !== undefined) return redirectOf(exact, "", search);
    for (const end of this.#ends(path)) {
      const rule = this.#prefixes.get(path.slice(0, end));
      if (rule !== undefined) return redirectOf(rule, pathname.slice(end + 1), search);
    }
    return undefined;
  }

  /** Ends of the prefixes that may be in the map, the longest first. */
  #ends(path: string): number[] {
    const ends: number[] = [];
    for (let at = path.indexOf("/"); at !== -1 && ends.length <= this.#depth; at = path.indexOf("/", at + 1))
      ends.push(at);
    if (ends.length <= this.#depth) ends.push(path.length);
    return ends.reverse();
  }

  #add([from = "", to, status = `${DEFAULT_STATUS}`, ...more]: readonly string[]): string | undefined {
    const isPrefix = from.endsWith("/*");
    const path = pathOf(isPrefix ? from.slice(0, -2) : from);
    if (to === undefined || more.length > 0) return "is not `from to status`";
    if (!from.startsWith("/") || path.includes("*")) return "`from` is no path, with a star at its end or none";
    if (!STATUSES.includes(Number(status))) return `the status is none of ${STATUSES.join(", ")}`;
    const fault = targetFault(to, Number(status), isPrefix);
    if (fault !== undefined) return fault;
    const rules = isPrefix ? this.#prefixes : this.#exact;
    const key = isPrefix ? path.replace(/\/$/, "") : withoutSlash(path);
    if (rules.has(key)) return "the path is in the map already";
    rules.set(key, { from, to, status: Number(status) });
    if (isPrefix) this.#depth = Math.max(this.#depth, key.split("/").length - 1);
    return undefined;
  }

  #circles(): string[] {
    const done = new Set<string>();
    const circles: string[] = [];
    for (const start of this.#exact.keys()) {
      const way = new Set<string>();
      let path: string | undefined = start;
      while (path !== undefined && !done.has(path) && !way.has(path)) {
        way.add(path);
        const to: string | undefined = this.#exact.get(path)?.to;
        path = to === undefined || !to.startsWith("/") ? undefined : withoutSlash(pathOf(to.replace(/[?#].*$/, "")));
        if (path !== undefined && !this.#exact.has(path)) path = undefined;
      }
      if (path !== undefined && way.has(path)) circles.push(`${path} leads back to itself`);
      for (const seen of way) done.add(seen);
    }
    return circles;
  }
}

function targetFault(to: string, status: number, isPrefix: boolean): string | undefined {
  if (status === 410) return to === "-" ? undefined : "what is gone has no target: write -";
  if (to.includes(SPLAT) && !isPrefix) return "`:splat` stands for a star, and the path has none";
  // A target whose host could be made longer by the path would lead wherever a client wants.
  const fixed = to.split(SPLAT)[0] as string;
  if (/^\/(?![/\\])/.test(fixed)) return undefined;
  return /^https?:\/\/[^/\\]+\//.test(`${fixed}${to === fixed ? "/" : ""}`) && URL.canParse(to)
    ? undefined
    : "the target is neither a path nor an http: or https: URL";
}

function redirectOf({ to, status }: Rule, splat: string, search: string): Redirect {
  if (status === 410) return { status, location: "" };
  const filled = to.replaceAll(SPLAT, () => splat);
  // `//host` would be another site.
  const location = filled.startsWith("/") ? filled.replace(/^[/\\]+/, "/") : filled;
  const [, before = "", fragment = ""] = /^([^#]*)(#.*)?$/s.exec(location) ?? [];
  return { status, location: `${before}${before.includes("?") ? "" : search}${fragment}` };
}

/** As `URL` has it. */
function pathOf(path: string): string {
  return PLAIN.test(path) && !path.includes("/.") ? path : new URL(`http://x${path}`).pathname;
}

function withoutSlash(path: string): string {
  return path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
}
