import assert from "node:assert/strict";
import { describe, it } from "node:test";
import vm from "node:vm";
import { scriptForm } from "./scriptForm.ts";

async function exportsOf(module: string): Promise<Record<string, unknown>> {
  const script = scriptForm(module);
  assert.ok(script !== undefined);
  return vm.runInThisContext(script)();
}

describe("the script form of a module", () => {
  it("gives what the module exports, as it is when it is asked for", async () => {
    const { default: main, other } = await exportsOf(
      "let a = 1; const b = () => ++a; b();\nexport {\n  b as default,\n  a as other\n};\n",
    );
    assert.equal(other, 2);
    assert.equal((main as () => number)(), 3);
  });

  it("keeps what a module has and a script has not: strict mode, no this, await at the top, names of its own", async () => {
    const found = await exportsOf(
      "var own = 1; const self = this; await 0; let strict = false; try { undeclared = 1 } catch { strict = true }\nexport { self, strict, own as default };",
    );
    assert.deepEqual({ ...found }, { self: undefined, strict: true, default: 1 });
    assert.equal("own" in globalThis, false);
  });

  it("keeps the lines where they are", async () => {
    const script = scriptForm(
      "const a = 1;\nfunction f() { throw new Error('here') }\nexport { f as default };",
    ) as string;
    const { default: f } = await vm.runInThisContext(script, { filename: "index.mjs", lineOffset: -1 })();
    assert.throws(f, (error: Error) => /index\.mjs:2:22/.test(error.stack ?? ""));
  });

  it("gives a bundle what it imports that is no code", async () => {
    const script = scriptForm(
      'import edgeModule$ from "edge:modules"; // functions/a.ts\nvar a = edgeModule$("b.txt");\nexport { a as default };',
    ) as string;
    const { default: a } = await vm.runInThisContext(script)((name: string) => `what is in ${name}`);
    assert.equal(a, "what is in b.txt");
  });

  it("leaves the address of a source map out", async () => {
    assert.equal(
      (await exportsOf("const a = 1;\nexport { a as default };\n//# sourceMappingURL=index.mjs.map\n")).default,
      1,
    );
  });

  for (const [what, module] of [
    ["an export that is no list at the end", "export default { fetch() {} };"],
    ["a name that is a string", 'const a = 1; export { a as "a-b" };'],
    ["what would be a comment in a script", "let a = 2; const b = 1 <!--a; export { b as default };"],
  ] as const) {
    it(`is not made of ${what}`, () => assert.equal(scriptForm(module), undefined));
  }

  for (const [what, module] of [
    ["an import", 'import x from "./x.mjs"; export { x as default };'],
    ["a second export", "export const b = 1; const a = 1; export { a as default };"],
    ["its own metadata", "const a = import.meta; export { a as default };"],
  ] as const) {
    it(`is no valid script for a module with ${what}`, () => {
      assert.throws(() => new vm.Script(scriptForm(module) as string), SyntaxError);
    });
  }
});
