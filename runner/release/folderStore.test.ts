import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { describe, test } from "node:test";
import { UNFINISHED } from "./files.ts";
import { contentOf, publishRelease, scratchFolder } from "./fixtures.ts";
import { FolderStore } from "./folderStore.ts";
import { sha256Hex } from "./manifest.ts";
import { describeStore, pointer, withCode } from "./storeContract.ts";
import { CURRENT_SCHEMA } from "./types.ts";

describeStore("a store in a folder does what every store does", async (t) => {
  const path = await scratchFolder(t);
  const file = (name: string) => join(path, name);
  return {
    store: new FolderStore(path),
    again: () => new FolderStore(path),
    away: new FolderStore(file("away")),
    async write(name, bytes) {
      await mkdir(dirname(file(name)), { recursive: true });
      await rm(file(name), { force: true });
      await writeFile(file(name), bytes);
    },
    remove: (name) => rm(file(name)),
    names: async (folder) => (await readdir(file(folder))).toSorted(),
  };
});

describe("the folder store", () => {
  test("reads nothing but plain files", async (t) => {
    const store = new FolderStore(await scratchFolder(t));
    const current = join(store.where, "current");
    await mkdir(current);
    await assert.rejects(store.readCurrent(), withCode("ERR_RELEASE_STORE", /not a plain file/));
    await rm(current, { recursive: true });
    execFileSync("mkfifo", [current]);
    await assert.rejects(store.readCurrent(), withCode("ERR_RELEASE_STORE", /not a plain file/));
  });

  test("that is away is away for whoever writes, and does not come back empty", async (t) => {
    const folder = join(await scratchFolder(t), "store");
    const store = new FolderStore(folder);
    const module = Buffer.from("x");
    const ref = { name: "x", sha256: sha256Hex(module), bytes: 1 };
    await store.writeRelease(1, module).catch(() => {});
    await store.compareAndSwapCurrent(null, pointer(1)).catch(() => {});
    await assert.rejects(store.writeModule(ref, module), withCode("ERR_RELEASE_STORE", /cannot be used/));
    await assert.rejects(readdir(folder), /ENOENT/);
  });

  test("skips what links where an ack should be", async (t) => {
    const store = new FolderStore(await scratchFolder(t));
    await mkdir(join(store.where, "acks"));
    await symlink("/nowhere", join(store.where, "acks", "n5.json"));
    assert.deepEqual(await store.readAcks(), new Map());
  });

  test("removes what a dead writer left an hour ago, and nothing younger", async (t) => {
    const store = new FolderStore(await scratchFolder(t));
    const [old, young] = [`${UNFINISHED}old`, `${UNFINISHED}young`];
    await writeFile(join(store.where, old), "");
    await writeFile(join(store.where, young), "");
    await utimes(join(store.where, old), new Date(0), new Date(0));
    await store.compareAndSwapCurrent(null, pointer(1));
    const names = await readdir(store.where);
    assert.deepEqual([names.includes(old), names.includes(young)], [false, true]);
  });

  test("lets exactly one of two processes win each of 50 rounds, and the generation only grows", async (t) => {
    const store = new FolderStore(await scratchFolder(t));
    const rivals = [startRival(t, store.where, 101), startRival(t, store.where, 202)];
    let newest = 0;
    for (let round = 1; round <= 50; round++) {
      const [a, b] = await Promise.all(rivals.map((rival) => rival.swap(round)));
      assert.deepEqual([a, b].toSorted(), ["lost", "won"], `round ${round}`);
      const found = await store.readCurrent();
      assert.equal(found?.current.release, a === "won" ? 101 : 202);
      assert.ok(found.current.generation > newest);
      newest = found.current.generation;
    }
    assert.equal(newest, 50);
  });

  test("is not blocked by a deployer that was killed while it held the lock", async (t) => {
    const store = new FolderStore(await scratchFolder(t));
    const holder = startScript(
      t,
      `import { withFolderLock } from ${JSON.stringify(import.meta.resolve("./folderLock.ts"))};
       await withFolderLock(process.argv[1], () => { console.log("held"); return new Promise((done) => setTimeout(done, 1e6)); });`,
      join(store.where, "current.lock"),
    );
    await once(createInterface(holder.stdout), "line");
    const swap = store.compareAndSwapCurrent(null, pointer(1));
    assert.equal(await Promise.race([swap, new Promise((done) => setTimeout(done, 100, "waits"))]), "waits");
    holder.kill("SIGKILL");
    assert.equal((await swap).swapped, true);
  });

  test("leaves nothing half-written on a full disk and says what to do", async (t) => {
    const folder = await scratchFolder(t);
    if (!mountTiny(folder)) return t.skip("mounting a small tmpfs needs root");
    try {
      const store = new FolderStore(folder);
      await publishRelease(store, contentOf({ a: "export default {}" }));
      const before = await listing(folder);
      await assert.rejects(
        publishRelease(store, contentOf({ a: `// ${"x".repeat(300_000)}` })),
        withCode("ERR_RELEASE_STORE_FULL", /modules\/[0-9a-f]{64}.*EDGE_STATE_DIR/),
      );
      assert.deepEqual(await listing(folder), before);
      await publishRelease(store, contentOf({ a: "export default { b: 1 }" }));
      assert.equal((await store.readCurrent())?.current.generation, 2);
    } finally {
      execFileSync("umount", [folder]);
    }
  });
});

function startScript(t: { after(fn: () => void): void }, source: string, ...args: string[]) {
  const child = spawn(process.execPath, ["--input-type=module", "-e", source, ...args], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  t.after(() => child.kill("SIGKILL"));
  return child;
}

/** A deployer in a process of its own that swaps in its release when told the round. */
function startRival(t: { after(fn: () => void): void }, folder: string, release: number) {
  const child = startScript(
    t,
    `import { createInterface } from "node:readline";
     import { FolderStore } from ${JSON.stringify(import.meta.resolve("./folderStore.ts"))};
     const store = new FolderStore(process.argv[1]);
     let etag = null;
     for await (const round of createInterface(process.stdin)) {
       const next = { schema: ${CURRENT_SCHEMA}, signature: null, generation: Number(round), release: ${release}, sha256: "0".repeat(64) };
       const result = await store.compareAndSwapCurrent(etag, next);
       console.log(result.swapped ? "won" : "lost");
       etag = (await store.readCurrent()).etag;
       console.log("ready");
     }`,
    folder,
  );
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return {
    async swap(round: number): Promise<string> {
      child.stdin.write(`${round}\n`);
      const outcome = (await lines.next()).value as string;
      await lines.next();
      return outcome;
    },
  };
}

function mountTiny(folder: string): boolean {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=128k", "tmpfs", folder], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

async function listing(folder: string): Promise<string[]> {
  return (await readdir(folder, { recursive: true })).toSorted();
}
