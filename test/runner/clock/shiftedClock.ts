import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, closeSync, cpSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Why the wall clock cannot be shifted here, or false when it can. */
export function cannotShift(): string | false {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return "needs root on Linux";
  if (spawnSync("gcc", ["--version"]).status !== 0) return "needs gcc";
  return spawnSync("unshare", ["--mount", "mount", "--bind", "/etc", "/etc"]).status === 0
    ? false
    : "needs mount namespaces";
}

/**
 * A wall clock of its own for a tree of processes whose environment is empty: a library that `/etc/ld.so.preload` names, in a
 * mount namespace that only they see.
 */
export class ShiftedClock implements Disposable {
  readonly #dir = mkdtempSync(join(tmpdir(), "edge-clock-"));

  constructor() {
    // Workers run as a user of their own.
    chmodSync(this.#dir, 0o755);
    const library = join(this.#dir, "wallClock.so");
    const source = join(import.meta.dirname, "wallClock.c");
    this.shift(0);
    execFileSync("gcc", ["-shared", "-fPIC", "-O1", `-DSHIFT_FILE="${this.#file}"`, source, "-o", library]);
    cpSync("/etc", this.#etc, { recursive: true, verbatimSymlinks: true });
    writeFileSync(join(this.#etc, "ld.so.preload"), `${library}\n`);
  }

  /** What runs a program with this clock. Without bubblewrap: a worker whose root it makes would not see the library. */
  get wrapper(): readonly string[] {
    const script = `mount --bind "$0" /etc
      if [ -e /usr/bin/bwrap ]; then mount --bind /bin/false /usr/bin/bwrap; fi
      exec "$@"`;
    return ["unshare", "--mount", "sh", "-e", "-c", script, this.#etc];
  }

  /** Sets the clock so many seconds ahead of the machine's, or behind it. */
  shift(seconds: number): void {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(seconds));
    // In place: the processes have mapped it.
    const fd = openSync(this.#file, "a+");
    closeSync(fd);
    const file = openSync(this.#file, "r+");
    writeSync(file, bytes, 0, bytes.length, 0);
    closeSync(file);
  }

  [Symbol.dispose](): void {
    rmSync(this.#dir, { recursive: true, force: true });
  }

  get #file(): string {
    return join(this.#dir, "shift");
  }

  get #etc(): string {
    return join(this.#dir, "etc");
  }
}
