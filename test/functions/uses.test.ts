import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { documentedConfigs, READY, runSchedule } from "./ready.ts";
import { type Use, UsedFunctions, usesOfAll } from "./uses.ts";

describe("all ready functions in one release", () => {
  let used: UsedFunctions;
  let uses: Readonly<Record<string, Use | null>>;
  before(async () => {
    used = await UsedFunctions.start(50);
    uses = await usesOfAll();
  });
  after(() => used[Symbol.asyncDispose]());

  for (const name of READY) {
    it(`${name} does what it is there for`, async () => {
      const use = uses[name];
      assert.notEqual(use, undefined);
      if (!use) {
        const config = documentedConfigs().get(name);
        assert.ok(config);
        assert.equal(await runSchedule(used.runner, config), "ok");
        return;
      }
      const { status, body } = await used.runner.fetch(use.path, use);
      assert.equal(status, use.status, body);
    });
  }
});
