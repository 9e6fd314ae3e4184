import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { promisify } from "node:util";
import { until } from "../runnerFixture.ts";
import { linuxOnly, processesOf } from "../runnerProcesses.ts";
import { Child } from "./child.ts";
import { ROUTER_GONE_EXIT } from "./exits.ts";
import type { DeathCause } from "./messages.ts";
import { MemoryGroups, memoryHierarchies, oomKills } from "./sandbox/memoryGroups.ts";
import { CHECK_MS } from "./stuckness.ts";

const MB = 1024 * 1024;
/** Beats and says that it is ready, as every child does; then does what the test wants. */
const beating = (then: string) => `
const pipe = new (require("node:net").Socket)({ fd: 3 });
pipe.on("close", () => process.exit(0)).resume();
setInterval(() => pipe.write('{"type":"beat"}\\n'), 50);
pipe.write('{"type":"ready"}\\n', () => setTimeout(() => { ${then} }, 100));`;

interface Fate {
  readonly cause: DeathCause;
  /** CPU time since its last beat for which it was killed, ms. */
  readonly stuckCpuMs: number;
  /** From being ready to the end, ms. */
  readonly tookMs: number;
}

/** A supervisor without a file descriptor to spare until its child's first death. */
const STARVED = `
import { closeSync, openSync } from "node:fs";
import { Child } from ${JSON.stringify(new URL("./child.ts", import.meta.url))};
const command = [process.execPath, "--eval", ${JSON.stringify(beating(""))}];
const held = [];
const child = new Child({ role: "worker", slot: 0, command, config: null }, {
  log() {},
  relay: (_, lines) => lines.resume(),
  died(_, cause) {
    for (const fd of held.splice(0)) closeSync(fd);
    console.log(cause);
  },
  ready() {
    console.log("ready");
    child.stopAndWait(100);
  },
});
console.log("starved");
try {
  for (;;) held.push(openSync("/dev/null"));
} catch {}
child.start();`;

const children = new Set<Child>();
after(() => Promise.all([...children].map((child) => child.stopAndWait(100))));

/** Starts a child and looks after it as the supervisor does until it dies. */
function fateOf(then: string, limits: { rssLimitBytes?: number; group?: string } = {}): Promise<Fate> {
  const { rssLimitBytes, group } = limits;
  const node = [process.execPath, "--no-warnings", "--eval", beating(then)];
  const command =
    group === undefined ? node : ["/bin/sh", "-c", `echo $$ >${group}/cgroup.procs; exec "$@"`, "sh", ...node];
  return new Promise((resolve) => {
    let readyMs = 0;
    let stuckCpuMs = 0;
    const child = new Child(
      {
        ...{ role: "worker", slot: 0, command, config: null, rssLimitBytes },
        oomKills: group === undefined ? undefined : () => oomKills(group),
      },
      {
        log: (_, message, fields) => {
          if (message.endsWith("is killed: stuck")) stuckCpuMs = Number(fields?.cpuMs);
        },
        ready: () => {
          readyMs = performance.now();
        },
        died: (_, cause) => {
          clearInterval(checks);
          void child.stopAndWait(100);
          resolve({ cause, stuckCpuMs, tookMs: performance.now() - readyMs });
        },
      },
    );
    children.add(child);
    const checks = setInterval(() => child.check(), CHECK_MS);
    child.start();
  });
}

/** How long a child is kept from starting again after each of its first deaths, ms. */
function delaysOf(script: string, deaths: number): Promise<unknown[]> {
  return delaysOfCommand([process.execPath, "--no-warnings", "--eval", script], deaths);
}

function delaysOfCommand(command: readonly string[], deaths: number): Promise<unknown[]> {
  const delays: unknown[] = [];
  return new Promise((resolve) => {
    const child = new Child(
      { ...{ role: "worker", slot: 0, command, config: null }, rssLimitBytes: undefined, oomKills: undefined },
      {
        log: (_, __, fields) => void delays.push(fields?.delayMs),
        died: () => {
          if (delays.length < deaths) return;
          // The next one may have begun already.
          void child.stopAndWait(100).then(() => resolve(delays));
        },
      },
    );
    children.add(child);
    child.start();
  });
}

describe("a process under supervision", linuxOnly, () => {
  it("is killed as stuck when it has the processor and says nothing", async () => {
    const { cause, stuckCpuMs, tookMs } = await fateOf("for (;;);");
    console.log(`a stuck process ended ${tookMs.toFixed(0)} ms after it was ready, with ${stuckCpuMs} ms of CPU time`);
    assert.equal(cause, "stuck");
    assert.ok(stuckCpuMs > 800, `${stuckCpuMs} ms`);
  });

  it("is left alone while it is idle, and its own end is told as what it was", async () => {
    assert.equal((await fateOf("setTimeout(() => process.exit(3), 1500)")).cause, "exit");
    assert.equal((await fateOf("process.kill(process.pid, 'SIGKILL')")).cause, "signal");
    assert.equal((await fateOf("process.abort()")).cause, "crash");
    assert.equal((await fateOf(`process.exit(${ROUTER_GONE_EXIT})`)).cause, "router");
  });

  it("starts again at once as often as others kill it, and waits longer and longer when it ends by itself", async () => {
    const kills = "process.kill(process.pid, 'SIGKILL')";
    assert.deepEqual(await delaysOf(beating(kills), 4), [0, 0, 0, 0]);
    assert.deepEqual(await delaysOf(beating("process.exit(3)"), 3), [0, 100, 200]);
    assert.deepEqual(await delaysOf(kills, 3), [0, 100, 200], "it never came up");
  });

  it("is not waited for when it got away from what held it", async () => {
    const escapes =
      'require("node:child_process").spawn(process.execPath, ["--eval", rest], { detached: true, stdio: ["ignore", "ignore", "inherit", 3] });';
    const rest = JSON.stringify(beating(""));
    assert.equal(
      (await fateOf(`const rest = ${rest}; ${escapes} setTimeout(() => process.exit(3), 300);`)).cause,
      "exit",
    );
  });

  it("is not waited for when something that hears nothing still has its output", async () => {
    const dir = mkdtempSync(join(tmpdir(), "edge-child-"));
    const file = JSON.stringify(join(dir, "pid"));
    const deaf = "setInterval(() => {}, 1000)";
    const then = `const { pid } = require("node:child_process").spawn(process.execPath, ["--eval", "${deaf}"], { detached: true, stdio: ["ignore", "ignore", "inherit", 3] });
      require("node:fs").writeFileSync(${file}, String(pid)); setTimeout(() => process.exit(3), 300);`;
    assert.equal((await fateOf(then)).cause, "exit");
    assert.ok(process.kill(Number(readFileSync(join(dir, "pid"))), "SIGKILL"), "it was there");
    rmSync(dir, { recursive: true });
  });

  it("takes along what waits for it for ever, though that is not below it any more", async () => {
    const mark = `waits-for-${process.pid}`;
    // A shell inside of a shell shows the same command line, as bwrap does until its second self begins.
    const command = ["/bin/sh", "-c", "(while :; do sleep 1; done) & kill -9 $$", mark];
    for (const wrapper of [[], ["/bin/sh", "-c", 'exec "$@"', "sh"]]) {
      assert.deepEqual(await delaysOfCommand([...wrapper, ...command], 1), [0]);
    }
    // A killed process is in the list until the kernel has ended it.
    await until("nothing of it is left", () => processesOf(mark).length === 0);
  });

  it("is taken for dead, and started again, when there is no file descriptor for it", async () => {
    const node = [process.execPath, "--no-warnings", "--input-type=module", "--eval", STARVED];
    const { stdout } = await promisify(execFile)("/bin/sh", ["-c", 'ulimit -n 64; exec "$@"', "sh", ...node]);
    assert.equal(stdout, "starved\nexit\nready\n");
  });

  it("is taken for dead when the kernel refuses to start it", async () => {
    const cause = await new Promise((resolve) => {
      const command = ["/bin/true", "x".repeat(16 * MB)];
      const spec = { role: "worker", slot: 0, command, config: null } as const;
      const child: Child = new Child(
        { ...spec, rssLimitBytes: undefined, oomKills: undefined },
        {
          log: () => {},
          died: (_, why) => {
            void child.stopAndWait(100);
            resolve(why);
          },
        },
      );
      child.start();
    });
    assert.equal(cause, "exit");
  });

  const eater = "const held = []; setInterval(() => held.push(Buffer.alloc(16 * 1024 * 1024, 1)), 5);";
  it("is killed for memory above its resident size", async () => {
    assert.equal((await fateOf(eater, { rssLimitBytes: 256 * MB })).cause, "memory");
  });

  const hierarchies = memoryHierarchies(
    existsSync("/proc/self/cgroup") ? readFileSync("/proc/self/cgroup", "utf8") : "",
    "/sys/fs/cgroup",
  );
  const groups = MemoryGroups.tryMake(hierarchies, `test-${process.pid}`, 256 * MB);
  after(() => groups?.remove());
  it("is told from a kill when the kernel took it for memory", {
    skip: groups ? false : "no cgroup to write",
  }, async () => {
    const group = groups?.of("w0") as string;
    assert.equal((await fateOf(eater, { group })).cause, "memory");
    assert.equal((await fateOf("process.kill(process.pid, 'SIGKILL')", { group })).cause, "signal");
  });
});
