import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { importPlace, resolveModule } from "./functionLoader.ts";

describe("imports of a function", () => {
  it("are found relative to the module that has them, and nowhere else", () => {
    assert.equal(resolveModule("./a.mjs", "index.mjs"), "a.mjs");
    assert.equal(resolveModule("../b.mjs", "lib/deep/a.mjs"), "lib/b.mjs");
    assert.equal(resolveModule("./c/../d.mjs", "lib/a.mjs"), "lib/d.mjs");
    for (const specifier of ["node:fs", "fs", "/etc/passwd", "https://a.example/x.mjs", "edge:start"])
      assert.equal(resolveModule(specifier, "index.mjs"), "");
  });

  it("are named with file, line and column where they cannot be found", () => {
    const text = `import a from "./a.mjs";\nconst from = "./b.mjs";\n  import { b } from './b.mjs';\nimport "./c.mjs";\n`;
    const modules = new Map([["lib/index.mjs", text]]);
    assert.equal(importPlace(modules, "lib/index.mjs", "./a.mjs"), "lib/index.mjs:1:10");
    assert.equal(importPlace(modules, "lib/index.mjs", "./b.mjs"), "lib/index.mjs:3:16");
    assert.equal(importPlace(modules, "lib/index.mjs", "./c.mjs"), "lib/index.mjs:4:1");
  });
});
