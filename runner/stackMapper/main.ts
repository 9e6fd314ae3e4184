import { readFileSync } from "node:fs";
import { parentPort } from "node:worker_threads";
import { mapPlaces, parseSourceMap, type SourceMap } from "../release/sourceMap.ts";

/** What the router asks this thread: a large map takes longer to read than requests may wait. */
export interface MapRequest {
  readonly id: number;
  /** Places, `index.mjs:12:5`, one a line. */
  readonly text: string;
  /** File of each module's source map, by the module's name. */
  readonly maps: Readonly<Record<string, string>>;
}

export interface MapAnswer {
  readonly id: number;
  /** As it came, with each place told as a place in the source, where the map knows it. */
  readonly text: string;
}

/** Maps that stay parsed; the functions that throw are few. */
const PARSED_MAX = 4;
const parsed = new Map<string, SourceMap | undefined>();

parentPort?.on("message", ({ id, text, maps }: MapRequest) => {
  const mapOf = (module: string) => (maps[module] === undefined ? undefined : mapIn(maps[module]));
  const answer: MapAnswer = { id, text: mapPlaces(text, mapOf) };
  parentPort?.postMessage(answer);
});

function mapIn(path: string): SourceMap | undefined {
  if (!parsed.has(path)) {
    const [oldest] = parsed.keys();
    if (parsed.size >= PARSED_MAX && oldest !== undefined) parsed.delete(oldest);
    parsed.set(path, read(path));
  }
  return parsed.get(path);
}

/** A release that is gone from disk has no maps any more. */
function read(path: string): SourceMap | undefined {
  try {
    return parseSourceMap(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}
