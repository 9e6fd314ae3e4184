import assert from "node:assert/strict";
import { SourceMap as NodeSourceMap } from "node:module";
import { describe, it } from "node:test";
import { build } from "esbuild";
import fc from "fast-check";
import { mapPlaces, originalPositions, parseSourceMap, type SourceMap } from "./sourceMap.ts";

async function bundled(source: string): Promise<{ code: string; map: SourceMap }> {
  const { outputFiles } = await build({
    stdin: { contents: source, sourcefile: "functions/a.ts", loader: "ts" },
    bundle: true,
    write: false,
    format: "esm",
    sourcemap: "external",
    sourcesContent: false,
    outfile: "index.mjs",
    absWorkingDir: import.meta.dirname,
  });
  const [map, code] = outputFiles.toSorted((a, b) => (a.path > b.path ? -1 : 1)).map(({ text }) => text);
  const parsed = parseSourceMap(String(map));
  assert.ok(parsed);
  return { code: String(code), map: parsed };
}

/** What Node's reader says: beyond a line's mappings it answers with those of an earlier line. */
function byNode({ sources, mappings }: SourceMap, line: number, column: number) {
  const node = new NodeSourceMap({
    version: 3,
    file: "",
    sourceRoot: "",
    names: [],
    sourcesContent: [],
    sources: [...sources],
    mappings,
  });
  const entry = node.findEntry(line - 1, column - 1);
  if (!("originalSource" in entry) || entry.generatedLine !== line - 1 || entry.originalSource === undefined)
    return undefined;
  return { source: entry.originalSource, line: entry.originalLine + 1, column: entry.originalColumn + 1 };
}

const SOURCE = `type Greeting = { name: string };
const unused: Greeting = { name: "x" };

export default {
  fetch(request: Request): Response {
    throw new TypeError(\`no \${request.url} \${unused.name}\`);
  },
};
`;

describe("source maps", () => {
  it("tell a place of a bundle as a place of its source", async () => {
    const { code, map } = await bundled(SOURCE);
    const lines = code.split("\n");
    const line = lines.findIndex((text) => text.includes("throw new TypeError")) + 1;
    const column = (lines[line - 1] ?? "").indexOf("throw") + 1;
    assert.notEqual(line, 6, "the bundle's line is another");
    assert.equal(
      mapPlaces(`TypeError: no\n    at fetch (index.mjs:${line}:${column}) [other.mjs:1:1]`, (module) =>
        module === "index.mjs" ? map : undefined,
      ),
      "TypeError: no\n    at fetch (functions/a.ts:6:5) [other.mjs:1:1]",
    );
  });

  it("agree with Node's own reader at every place of a bundle", async () => {
    const { code, map } = await bundled(SOURCE);
    const positions = code
      .split("\n")
      .flatMap((text, line) =>
        Array.from({ length: text.length + 2 }, (_, column) => ({ line: line + 1, column: column + 1 })),
      );
    const found = originalPositions(map, positions);
    for (const [index, { line, column }] of positions.entries()) {
      assert.deepEqual(found[index], byNode(map, line, column), `${line}:${column}`);
    }
  });

  it("give nothing for places beyond the map, and leave their text as it is", async () => {
    const { map } = await bundled(SOURCE);
    for (const position of [
      { line: 9_999, column: 1 },
      { line: 1, column: 1 },
      { line: 0, column: 0 },
    ]) {
      assert.deepEqual(originalPositions(map, [position]), [undefined]);
    }
    assert.equal(
      mapPlaces("index.mjs:9999:1", () => map),
      "index.mjs:9999:1",
    );
  });

  it("take any text for a map without failing", () => {
    const mappings = fc.string({ unit: fc.constantFrom(..."AC;,gzZ+/!é "), maxLength: 200 });
    fc.assert(
      fc.property(mappings, fc.array(fc.record({ line: fc.nat(9), column: fc.nat(40) })), (mappings, positions) => {
        const found = originalPositions({ sources: ["a"], mappings }, positions);
        assert.equal(found.length, positions.length);
      }),
    );
    for (const text of ["", "null", "5", "{}", '{"sources":[1],"mappings":""}', '{"sources":[],"mappings":5}', "{"]) {
      assert.equal(parseSourceMap(text), undefined, text);
    }
  });

  it("read a map once, whatever number of places a text names", () => {
    let reads = 0;
    const mappings = new Proxy(Object("AAAA;AACA"), {
      get: (text, key) => {
        if (key === "charCodeAt") reads++;
        const value = text[key];
        return typeof value === "function" ? value.bind(text) : value;
      },
    });
    const places = (count: number) => Array.from({ length: count }, (_, index) => `index.mjs:${index % 3}:1`).join(" ");
    const readsFor = (count: number) => {
      reads = 0;
      mapPlaces(places(count), () => ({ sources: ["a.ts"], mappings }));
      return reads;
    };
    assert.equal(readsFor(3_000), readsFor(3));
  });
});
