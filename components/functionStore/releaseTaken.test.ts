import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { contentOf, publishRelease, scratchFolder } from "@edge-fleet/runner/release/fixtures";
import { FolderStore } from "@edge-fleet/runner/release/folderStore";
import { validateRelease } from "@edge-fleet/runner/release/manifest";
import { untilReleaseTaken } from "./releaseTaken.ts";

const PATIENCE = { timeoutMs: 15_000, pollMs: 50 };

/** A store with one release, refused by the node `old` for `reason` and taken by the node `new`. */
async function storeWith(t: TestContext, reason: string): Promise<FolderStore> {
  const folder = join(await scratchFolder(t), "store");
  await mkdir(folder);
  const store = new FolderStore(folder);
  const { current } = await publishRelease(store, contentOf({ a: "export default {}" }));
  const ack = { region: "us-east-1", at: new Date().toISOString(), functions: {}, control: 0 };
  const { generation, release } = current;
  await store.writeAck({ ...ack, node: "new", generation, release, refused: null });
  await store.writeAck({ ...ack, node: "old", generation: null, release: null, refused: { generation, reason } });
  return store;
}

/** What a node with older code says of a newer layout. */
function outdatedReason(): string {
  try {
    validateRelease({ schema: 99 });
  } catch (error) {
    return (error as Error).message;
  }
  return "";
}

test("a refusal is told with its nodes", async (t) => {
  const store = await storeWith(t, "a: SyntaxError");
  await assert.rejects(
    untilReleaseTaken(store, ["old", "new"], { ...PATIENCE, exceptOutdated: true }),
    /release 1 was not taken\.\n {2}old: a: SyntaxError/,
  );
});

test("a node whose code is too old for the release stops nobody but itself", async (t) => {
  const store = await storeWith(t, outdatedReason());
  await untilReleaseTaken(store, ["old", "new"], { ...PATIENCE, exceptOutdated: true });
});

test("a node that was restarted with newer code is waited for, whatever the older code had said", async (t) => {
  const store = await storeWith(t, outdatedReason());
  const taken = untilReleaseTaken(store, ["old"], PATIENCE);
  const before = (await store.readAcks()).get("new");
  assert.ok(before);
  await store.writeAck({ ...before, node: "old" });
  await taken;
});
