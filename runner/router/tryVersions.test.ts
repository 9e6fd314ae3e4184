import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Deployment } from "./deployment.ts";
import { tryVersions } from "./tryVersions.ts";

const versions = (count: number) => Array.from({ length: count }, (_, key) => ({ key }) as Deployment);
const pause = () => new Promise((resolve) => setImmediate(resolve));

describe("trying versions", () => {
  it("starts some side by side, never many, and judges each", async () => {
    let now = 0;
    let most = 0;
    const outcomes = await tryVersions(versions(50), async ({ key }) => {
      most = Math.max(most, ++now);
      await pause();
      now--;
      return key % 2 === 0 ? { ok: true } : { ok: false, reason: `no ${key}` };
    });
    assert.ok(most > 1 && most <= 4, `${most} at once`);
    assert.equal(outcomes?.size, 50);
    assert.deepEqual([...(outcomes ?? [])].filter(([, { ok }]) => !ok).length, 25);
  });

  it("finds the one that takes its process down among those that were starting beside it", async () => {
    let beside = 0;
    let epoch = 0;
    const outcomes = await tryVersions(versions(8), async ({ key }) => {
      const began = epoch;
      beside++;
      await pause();
      if (key === 2) epoch++;
      await pause();
      beside--;
      return epoch === began ? { ok: true } : "lost";
    });
    assert.equal(beside, 0);
    const refused = [...(outcomes ?? [])].filter(([, { ok }]) => !ok);
    assert.deepEqual(
      refused.map(([{ key }, { reason }]) => [key, reason]),
      [[2, "it took its process down while it started"]],
    );
  });

  it("gives no verdict where there is no worker", async () => {
    assert.equal(await tryVersions(versions(3), async ({ key }) => (key === 1 ? undefined : { ok: true })), undefined);
  });
});
