import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { bundleBytes } from "../../runner/release/functionManifest.ts";
import { bundleOf, documentedConfigs, README, READY } from "./ready.ts";

const KB = 1_000;

describe("the README of the functions", () => {
  const configs = documentedConfigs();

  for (const name of READY) {
    it(`has ${name}, its config, and how large its code is`, async () => {
      const [, said = ""] =
        README.match(new RegExp(`^\\| \\[${name}\\]\\(#${name}\\) \\|.*\\| ([\\d ]+) \\| [\\d–]+ \\|$`, "m")) ?? [];
      assert.match(README, new RegExp(`^## ${name}$`, "m"));
      const config = configs.get(name);
      assert.ok(config);
      const { modules } = await bundleOf(config);
      const kb = bundleBytes(modules) / KB;
      const told = Number(said.replace(" ", ""));
      assert.ok(Math.abs(told - kb) <= Math.max(1, kb / 10), `${name} has ${kb} KB, the README says ${said}`);
    });
  }
});
