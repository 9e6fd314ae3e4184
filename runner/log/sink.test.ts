import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";

const FIXTURE = join(import.meta.dirname, "floodFixture.ts");
const MB = 1024 * 1024;

interface Ended {
  readonly code: number | null;
  readonly ticks: readonly { readonly dropped: number; readonly rssBytes: number }[];
}

async function ended(child: ChildProcess): Promise<Ended> {
  let text = "";
  child.stderr?.on("data", (chunk) => {
    text += chunk;
  });
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  const lines = text.split("\n").filter((line) => line.startsWith("{"));
  return { code, ticks: lines.map((line) => JSON.parse(line)) };
}

function assertUnharmed({ code, ticks }: Ended): void {
  assert.equal(code, 0);
  assert.ok(ticks.length >= 4, `the event loop turned ${ticks.length} times`);
  assert.ok((ticks.at(-1)?.dropped ?? 0) > 1_000);
  const grownBytes = (ticks.at(-1)?.rssBytes ?? 0) - (ticks[0]?.rssBytes ?? 0);
  assert.ok(grownBytes < 64 * MB, `grew by ${grownBytes} bytes`);
}

describe("a process that logs more than is read", () => {
  it("goes on and holds little while a socket is not read, and ends when it should", async () => {
    const child = spawn(process.execPath, [FIXTURE], { stdio: ["ignore", "pipe", "pipe"] });
    child.stdout.pause();
    child.once("exit", () => child.stdout.destroy());
    assertUnharmed(await ended(child));
  });

  it("goes on when the reader is gone", async () => {
    const child = spawn(process.execPath, [FIXTURE], { stdio: ["ignore", "pipe", "pipe"] });
    child.stdout.once("data", () => child.stdout.destroy());
    assertUnharmed(await ended(child));
  });

  it("goes on and holds little while a pipe is not read, and leaves the pipe blocking for others", async (t) => {
    const dir = mkdtempSync(join(tmpdir(), "edge-log-"));
    t.after(() => rmSync(dir, { recursive: true }));
    const path = join(dir, "pipe");
    execFileSync("mkfifo", [path]);
    // Opened for both, so that it has a reader who never reads.
    const fd = openSync(path, "r+");
    t.after(() => closeSync(fd));
    const child = spawn(process.execPath, [FIXTURE], { stdio: ["ignore", fd, "pipe"] });
    assertUnharmed(await ended(child));
    if (process.platform === "linux") {
      const flags = /^flags:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "utf8"))?.[1];
      assert.equal(Number.parseInt(flags ?? "", 8) & 0o4000, 0);
    }
  });

  it("writes all of it to a file, line by line", async (t) => {
    const dir = mkdtempSync(join(tmpdir(), "edge-log-"));
    t.after(() => rmSync(dir, { recursive: true }));
    const path = join(dir, "log");
    const fd = openSync(path, "a");
    const child = spawn(process.execPath, [FIXTURE], { stdio: ["ignore", fd, "pipe"] });
    closeSync(fd);
    assert.equal((await ended(child)).code, 0);
    const lines = readFileSync(path, "utf8").trimEnd().split("\n");
    assert.ok(lines.length > 1_000);
    for (const line of lines) assert.equal(JSON.parse(line).process, "flood");
  });
});
