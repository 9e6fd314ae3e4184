import assert from "node:assert/strict";
import { appendFileSync, copyFileSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { FollowedFile } from "./followedFile.ts";

const dir = mkdtempSync(join(tmpdir(), "edge-followed-"));
after(() => rmSync(dir, { recursive: true }));

describe("a followed file", () => {
  it("gives whole lines once, whenever they were written", async () => {
    const path = join(dir, "a.log");
    const file = new FollowedFile(path);
    assert.deepEqual(await all(file.newer()), []);
    writeFileSync(path, "one\ntwo\nthr");
    assert.deepEqual(await all(file.newer()), ["one", "two"]);
    appendFileSync(path, "ee\nfo");
    assert.deepEqual(await all(file.newer()), ["three"]);
    appendFileSync(path, "ur\n");
    assert.deepEqual(await all(file.newer()), ["four"]);
    assert.deepEqual(await all(file.newer()), []);
  });

  it("is not yet emptied while it is as long as its copy", async () => {
    const path = join(dir, "d.log");
    writeFileSync(path, "one\n");
    const file = new FollowedFile(path);
    assert.deepEqual(await all(file.newer()), ["one"]);
    copyFileSync(path, `${path}.1`);
    assert.deepEqual(await all(file.newer()), []);
    truncateSync(path, 0);
    assert.deepEqual(await all(file.newer()), []);
    appendFileSync(path, "two\n");
    assert.deepEqual(await all(file.newer()), ["two"]);
  });

  it("loses no line when the file is copied away and emptied", async () => {
    const path = join(dir, "b.log");
    writeFileSync(`${path}.1`, "long ago\n");
    writeFileSync(path, "one\n");
    const file = new FollowedFile(path);
    assert.deepEqual(await all(file.older()), ["long ago"]);
    assert.deepEqual(await all(file.newer()), ["one"]);
    appendFileSync(path, "before the copy\nacross");
    copyFileSync(path, `${path}.1`);
    truncateSync(path, 0);
    appendFileSync(path, "new\n");
    assert.deepEqual(await all(file.newer()), ["before the copy", "new"]);
  });

  it("gives lines of many chunks, with letters of several bytes between two, and drops what no line is", async () => {
    const path = join(dir, "c.log");
    const line = `x${"é".repeat(400_000)}`;
    writeFileSync(path, `${line}\n${"y".repeat(5 * 1024 * 1024)}`);
    const file = new FollowedFile(path);
    assert.deepEqual(await all(file.newer()), [line]);
    appendFileSync(path, "\nafter\n");
    assert.equal((await all(file.newer())).at(-1), "after");
  });
});

async function all(lines: AsyncIterable<string>): Promise<string[]> {
  const found: string[] = [];
  for await (const line of lines) found.push(line);
  return found;
}
