import { isMap, isNode, isScalar, type Pair, parseDocument, type YAMLMap } from "yaml";
import { CommandError } from "./errors.ts";

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly put: string;
}

/** A key of a file in YAML, and what is to stand there. */
export interface Setting {
  /** Keys from the top. What is above the last two is there already. */
  readonly path: readonly string[];
  /** The value as it is written in YAML, on one line. */
  readonly put: string;
}

/**
 * A file in YAML with these keys set; every other letter stays, comments too.
 *
 * @throws CommandError where what is above a key is no map
 */
export function withSettings(text: string, settings: readonly Setting[]): string {
  const document = parseDocument(text);
  const edits = settings.map(({ path, put }) => {
    const above = document.getIn(path.slice(0, -1));
    if (isMap(above)) return editOf(text, above, path.at(-1) as string, put);
    const higher = document.getIn(path.slice(0, -2));
    if (!isMap(higher) || (above !== undefined && above !== null)) {
      throw new CommandError(`${path.slice(1, -1).join(".")} is no map`);
    }
    return editOf(text, higher, path.at(-2) as string, `{ ${path.at(-1)}: ${put} }`);
  });
  return edits
    .sort((a, b) => b.start - a.start)
    .reduce((edited, { start, end, put }) => `${edited.slice(0, start)}${put}${edited.slice(end)}`, text);
}

/** Sets a key of a map, written in the way of the map. */
function editOf(text: string, map: YAMLMap, key: string, put: string): Edit {
  const own = map.items.find((pair) => isScalar(pair.key) && pair.key.value === key);
  if (own !== undefined) return replaced(text, own, put);
  const [first] = map.items;
  const last = map.items.at(-1)?.value;
  if (map.flow) {
    const end = isNode(last) && last.range ? last.range[1] : (map.range?.[0] ?? 0) + 1;
    return { start: end, end, put: `${map.items.length === 0 ? "" : ", "}${key}: ${put}` };
  }
  const start = isNode(first?.key) && first.key.range ? first.key.range[0] : 0;
  const indent = text.slice(text.lastIndexOf("\n", start - 1) + 1, start);
  return { start, end: start, put: `${key}: ${put}\n${indent}` };
}

function replaced(text: string, { key, value }: Pair, put: string): Edit {
  const afterKey = isNode(key) && key.range ? text.indexOf(":", key.range[1]) + 1 : 0;
  const [start, end] = isNode(value) && value.range ? value.range : [afterKey, afterKey];
  return start === end ? { start: afterKey, end: afterKey, put: ` ${put}` } : { start, end, put };
}
