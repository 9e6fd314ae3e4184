import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { scratchFolder } from "../../release/fixtures.ts";
import type { BindingFault } from "../bindings/engine.ts";
import { KvThread } from "./kvThread.ts";

const KB = 1024;
const MB = 1024 * KB;
const SCRIPT = join(import.meta.dirname, "thread.ts");
const entry = (size: number) => ({ size, expires: null, metadata: null });

function thread(t: TestContext, path: string, fileBytes = 100 * MB): KvThread {
  const made = new KvThread(SCRIPT, { path, ceilings: { namespaceBytes: 50 * MB, fileBytes } });
  t.after(() => made.close());
  return made;
}

const codeOf = (settled: PromiseSettledResult<unknown>) =>
  settled.status === "fulfilled" ? "done" : (settled.reason as BindingFault).code;

test("what was acknowledged is there after the process was killed", async (t) => {
  const path = join(await scratchFolder(t), "kv.sqlite");
  for (let round = 0; round < 3; round++) {
    const child = fork(join(import.meta.dirname, "writerFixture.ts"), [SCRIPT, path, `${round}`], {
      execArgv: ["--disable-warning=ExperimentalWarning"],
    });
    let acknowledged = -1;
    child.on("message", (number: number) => {
      acknowledged = number;
      if (number > 200) child.kill("SIGKILL");
    });
    await once(child, "exit");
    assert.ok(acknowledged >= 200);
    const kv = thread(t, path);
    const found = await Promise.all(
      Array.from({ length: acknowledged + 1 }, (_, index) => kv.get("notes", `${round}/${index}`)),
    );
    assert.equal(found.indexOf(undefined), -1);
    await kv.close();
  }
});

test("a full file fails what finds no room, and nothing else", async (t) => {
  const kv = thread(t, join(await scratchFolder(t), "kv.sqlite"), MB);
  await kv.put("notes", "kept", entry(4), Buffer.from("kept"));
  const large = Array.from({ length: 40 }, (_, index) =>
    kv.put("notes", `${index}`, entry(60 * KB), Buffer.alloc(60 * KB)),
  );
  const settled = (await Promise.allSettled(large)).map(codeOf);
  assert.deepEqual([...new Set(settled)].sort(), ["ERR_BINDING_FULL", "done"]);
  assert.equal(Buffer.from((await kv.get("notes", "kept"))?.inline ?? []).toString(), "kept");
  for (const [index, code] of settled.entries()) {
    assert.equal((await kv.get("notes", `${index}`)) !== undefined, code === "done");
    if (code === "done") await kv.delete("notes", `${index}`);
  }
  await kv.put("notes", "again", entry(60 * KB), Buffer.alloc(60 * KB));
});

test("one that finds no room in its namespace fails alone among those that are committed with it", async (t) => {
  const kv = thread(t, join(await scratchFolder(t), "kv.sqlite"));
  await kv.put("full", "a", entry(50 * MB - 100), Buffer.alloc(1));
  const settled = await Promise.allSettled([
    kv.put("notes", "a", entry(1), Buffer.alloc(1)),
    kv.put("full", "b", entry(200), Buffer.alloc(200)),
    kv.put("notes", "b", entry(1), Buffer.alloc(1)),
  ]);
  assert.deepEqual(settled.map(codeOf), ["done", "ERR_BINDING_FULL", "done"]);
  assert.ok(await kv.get("notes", "b"));
});

test("a file that is none of ours is a typed error, and the process lives", async (t) => {
  const folder = await scratchFolder(t);
  const path = join(folder, "kv.sqlite");
  mkdirSync(folder, { recursive: true });
  writeFileSync(path, "this is no database, and long enough to be looked at as one ".repeat(100));
  const kv = thread(t, path);
  const settled = await Promise.allSettled([kv.get("notes", "a"), kv.get("notes", "b")]);
  assert.deepEqual(settled.map(codeOf), ["ERR_BINDING_UNAVAILABLE", "ERR_BINDING_UNAVAILABLE"]);
  // The next one does not start a thread at once.
  assert.deepEqual((await Promise.allSettled([kv.get("notes", "a")])).map(codeOf), ["ERR_BINDING_UNAVAILABLE"]);
});
