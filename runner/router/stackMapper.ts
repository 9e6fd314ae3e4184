import type { MapperThread } from "./mapperThread.ts";

/** `index.mjs:12:5` in a stack; only whole words are tried, so that a long one costs no more than its length. */
const PLACE = /(?<![\w./-])\w[\w./-]*\.m?js:\d{1,9}:\d{1,9}/g;
/** Begins at a line's own end, for the same reason. */
const FRAME = /\n[ \t]+at [^\n]+:\d+:\d+/;

/** Look-ups of one second; what comes beyond them keeps its stack as it is. */
const ASKS_PER_SECOND = { ofOneVersion: 5, ofAll: 20 };
const WAITING_MAX = 10;
/** Places of one version, and versions, that are remembered. */
const PLACES_MAX = 1_000;
const VERSIONS_MAX = 100;

/** A function version's source maps: file by module. */
export interface VersionMaps {
  readonly version: string;
  readonly files: Readonly<Record<string, string>>;
}

/** A line that a stack may follow: the message, and the whole text as `stack` where there is one. */
export function splitStack(text: string): { readonly message: string; readonly stack?: string } {
  const at = text.search(FRAME);
  return at < 0 ? { message: text } : { message: text.slice(0, at), stack: text };
}

/**
 * Tells stacks by the sources that people wrote. A place is looked up once; a storm of exceptions costs a search of its text each,
 * and looks up no more than five new stacks a second.
 */
export class StackMapper {
  readonly #thread: Pick<MapperThread, "map" | "waiting">;
  readonly #nowMs: () => number;
  /** Sources' places by the module's, by version, the longest unused first. */
  readonly #known = new Map<string, Map<string, string>>();
  readonly #asks = new Map<string, number>();
  #asksOfAll = 0;
  #secondStartsMs = Number.NEGATIVE_INFINITY;

  constructor(thread: Pick<MapperThread, "map" | "waiting">, nowMs: () => number = () => performance.now()) {
    this.#thread = thread;
    this.#nowMs = nowMs;
  }

  /** The text in the sources' places; at once when they are known, or when there were too many to look up. */
  map(text: string, maps: VersionMaps): string | Promise<string> {
    if (this.#missing(text, maps).length > 0 && this.#mayAsk(maps.version)) return this.inSources(text, maps);
    return this.#replaced(text, maps);
  }

  /** The same however many there were; for what happens seldom. */
  async inSources(text: string, maps: VersionMaps): Promise<string> {
    const missing = this.#missing(text, maps);
    if (missing.length > 0) {
      const answer = await this.#thread.map(missing.join("\n"), maps.files);
      const known = this.#knownOf(maps.version);
      if (known.size > PLACES_MAX) known.clear();
      for (const [index, place] of answer.split("\n").entries()) known.set(missing[index] ?? "", place);
    }
    return this.#replaced(text, maps);
  }

  #missing(text: string, { version, files }: VersionMaps): string[] {
    const places = Object.keys(files).length === 0 ? [] : (text.match(PLACE) ?? []);
    if (places.length === 0) return [];
    const known = this.#knownOf(version);
    return [...new Set(places)].filter((place) => !known.has(place));
  }

  #replaced(text: string, { version }: VersionMaps): string {
    const known = this.#known.get(version);
    return known === undefined ? text : text.replaceAll(PLACE, (place) => known.get(place) ?? place);
  }

  #mayAsk(version: string): boolean {
    const nowMs = this.#nowMs();
    if (nowMs - this.#secondStartsMs >= 1_000) {
      this.#secondStartsMs = nowMs;
      this.#asks.clear();
      this.#asksOfAll = 0;
    }
    const asks = this.#asks.get(version) ?? 0;
    if (asks >= ASKS_PER_SECOND.ofOneVersion || this.#asksOfAll >= ASKS_PER_SECOND.ofAll) return false;
    if (this.#thread.waiting >= WAITING_MAX) return false;
    this.#asks.set(version, asks + 1);
    this.#asksOfAll++;
    return true;
  }

  #knownOf(version: string): Map<string, string> {
    const known = this.#known.get(version) ?? new Map<string, string>();
    this.#known.delete(version);
    this.#known.set(version, known);
    const [oldest] = this.#known.keys();
    if (this.#known.size > VERSIONS_MAX && oldest !== undefined) this.#known.delete(oldest);
    return known;
  }
}
