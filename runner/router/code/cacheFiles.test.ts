import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import fc from "fast-check";
import { CacheFiles } from "./cacheFiles.ts";

const A = "a".repeat(64);
const B = "b".repeat(64);

describe("compiled modules on disk", () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "edge-code-"));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  const written = async () => {
    const files = await CacheFiles.open(dir, "node 1");
    await files.write(A, { scriptBytes: 3, body: Buffer.from("abccache") });
    const [name] = readdirSync(dir).filter((found) => found.startsWith(A)) as [string];
    return { files, path: join(dir, name) };
  };

  it("are read as they were written, also by the next process", async () => {
    await written();
    const again = await CacheFiles.open(dir, "node 1");
    assert.deepEqual(await again.read(A), { scriptBytes: 3, body: Buffer.from("abccache") });
    assert.equal(await again.read(B), undefined);
  });

  it("are not those of another Node, other flags or another CPU", async () => {
    await written();
    assert.equal(await (await CacheFiles.open(dir, "node 2")).read(A), undefined);
  });

  it("are refused and removed when any byte has changed", async () => {
    const { files, path } = await written();
    const good = readFileSync(path);
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: good.length - 1 }), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const bad = Buffer.from(good);
        bad[at] = (bad[at] as number) ^ flip;
        writeFileSync(path, bad);
        assert.equal(await files.read(A), "bad");
        assert.equal(await files.read(A), undefined);
      }),
    );
  });

  it("are refused when they are cut short or empty", async () => {
    const { files, path } = await written();
    const good = readFileSync(path);
    for (const length of [0, 10, 32, 35, good.length - 1]) {
      writeFileSync(path, good.subarray(0, length));
      assert.equal(await files.read(A), "bad");
    }
  });

  it("are refused under another module's name, be the module as long", async () => {
    const { files, path } = await written();
    writeFileSync(path.replace(A, B), readFileSync(path));
    assert.equal(await files.read(B), "bad");
  });

  it("are refused when whoever wrote them had not this node's key", async () => {
    const { path } = await written();
    const other = mkdtempSync(join(tmpdir(), "edge-code-"));
    const theirs = await CacheFiles.open(other, "node 1");
    await theirs.write(A, { scriptBytes: 3, body: Buffer.from("abcforged") });
    const [name] = readdirSync(other).filter((found) => found.startsWith(A)) as [string];
    writeFileSync(path, readFileSync(join(other, name)));
    rmSync(other, { recursive: true });
    assert.equal(await (await CacheFiles.open(dir, "node 1")).read(A), "bad");
  });
});
