import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { describe, it } from "node:test";
import { optionFlag } from "./command.ts";
import { COMMANDS, loadAll } from "./registry.ts";

describe("the commands", () => {
  it("are all that is in commands/", () => {
    const files = readdirSync(`${import.meta.dirname}/commands`).filter((file) => /^[\w-]+\.ts$/.test(file));
    const kebab = (file: string) => optionFlag(file.slice(0, -".ts".length)).slice(2);
    assert.deepEqual(files.map(kebab).sort(), Object.keys(COMMANDS).sort());
  });

  it("have a summary, examples of themselves, and a rest argument only at the end", async () => {
    for (const [name, { summary, args, examples }] of await loadAll()) {
      assert.match(summary, /^[a-z].*[^.]$/, name);
      assert.ok(examples.length > 0, `${name} has no examples`);
      assert.ok(
        examples.some(({ line }) => new RegExp(`(^|\\b)${name}\\b`).test(line)),
        `${name}: examples of others`,
      );
      const arities = Object.values(args).map(({ arity }) => arity);
      assert.ok(!arities.slice(0, -1).includes("rest"), name);
    }
  });

  it("leave --env, --json, --yes and --help to the frame", async () => {
    for (const [name, { options }] of await loadAll()) {
      for (const taken of ["env", "json", "yes", "help"])
        assert.ok(!Object.hasOwn(options, taken), `${name}: --${taken}`);
    }
  });
});
