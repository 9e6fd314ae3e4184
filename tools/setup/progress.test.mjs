// @ts-check
import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { describeProblem, SetupProblem } from "./problem.mjs";
import { Progress, seconds } from "./progress.mjs";
import { describeErrors, runParts } from "./runParts.mjs";

/** @param {{ isTTY?: boolean, columns?: number }} [terminal] */
function screen(terminal = {}) {
  let text = "";
  const write = (/** @type {string} */ more) => {
    text += more;
  };
  return { ...terminal, write, text: () => text };
}

const signal = new AbortController().signal;

test("in a pipe there are plain lines, and a sign of life every 15 s", (t) => {
  mock.timers.enable({ apis: ["setInterval", "Date"] });
  t.after(() => mock.timers.reset());
  const out = screen();
  const part = new Progress(out, {}).start("engine", "builds");
  part.at("1 of 2 compiled");
  for (let second = 0; second < 31; second++) mock.timers.tick(1000);
  part.done("built");
  assert.equal(
    out.text(),
    "→ engine: builds\n  engine: 1 of 2 compiled (15 s)\n  engine: 1 of 2 compiled (30 s)\n✓ engine (31 s): built\n",
  );
});

test("in a terminal one line lives, no longer than the terminal is wide, and NO_COLOR is respected", (t) => {
  mock.timers.enable({ apis: ["setInterval", "Date"] });
  t.after(() => mock.timers.reset());
  const out = screen({ isTTY: true, columns: 30 });
  const part = new Progress(out, { NO_COLOR: "1" }).start("engine", "compiles a very long list of packages");
  mock.timers.tick(1000);
  part.done("built");
  const [first, ...live] = out.text().split("\r\x1b[K").slice(1);
  assert.equal(first, "→ engine: compiles a very long list of packages\n");
  assert.equal(live.pop(), "✓ engine (1.0 s): built\n");
  assert.ok(live.length >= 8);
  for (const line of live) assert.ok(line.length < 30, line);
});

test("durations read well from tenths of a second to minutes", () => {
  assert.deepEqual([40, 9_949, 59_400, 60_000, 227_000].map(seconds), [
    "0.0 s",
    "9.9 s",
    "59 s",
    "1 min 0 s",
    "3 min 47 s",
  ]);
});

test("a problem says what, why and what to do, with further lines aligned", () => {
  const problem = new SetupProblem({
    what: "no engine",
    why: "no Go\nno archive",
    remedy: ["one of the two:", "install Go"],
  });
  assert.equal(
    describeProblem(problem),
    "no engine\n    why:        no Go\n                no archive\n    what to do: one of the two:\n                install Go",
  );
});

test("parts run side by side, one's failure hides and stops no other, and what is there is not touched", async () => {
  const out = screen();
  /** @type {() => void} */
  let meet = () => {};
  const met = new Promise((resolve) => {
    meet = () => resolve(undefined);
  });
  const problem = new SetupProblem({ what: "no haproxy", why: "no apt", remedy: "install it" });
  const disk = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
  const errors = await runParts(
    [
      { name: "there", missing: () => undefined, bring: () => assert.fail("it is there") },
      { name: "waits", missing: () => "waits", bring: () => met.then(() => "done at last") },
      { name: "programs", missing: () => "installs", bring: () => Promise.reject(problem) },
      { name: "disk", missing: () => "writes", bring: () => Promise.reject(disk) },
      {
        name: "last",
        missing: () => "meets",
        bring: async () => {
          meet();
          return "done";
        },
      },
    ],
    { out, env: {}, signal },
  );
  assert.match(out.text(), /✓ waits \(.* s\): done at last/);
  assert.doesNotMatch(out.text(), /there:|set-up took/);
  const text = describeErrors(errors);
  assert.match(text, /^error: no haproxy\n {4}why: +no apt\n {4}what to do: install it\n/);
  assert.match(
    text,
    /error: set-up could not write a file\n {4}why: +ENOSPC: no space left on device, write\n {4}what to do: free some disk space/,
  );
});

test("with all parts there nothing is printed", async () => {
  const out = screen();
  assert.deepEqual(
    await runParts([{ name: "there", missing: () => undefined, bring: async () => "" }], { out, env: {}, signal }),
    [],
  );
  assert.equal(out.text(), "");
});
