/**
 * `npm test`: types, lint and format, then every suite that is not apart in its short form; ends with `N passed, N failed` over all. Suites that
 * measure nothing run two at once, since tests wait most of their time; those that do run alone, after them.
 */
import { spawn } from "node:child_process";
import { PACKAGE_DIR } from "../components/packageDir.ts";
import { SUITES } from "./suites.ts";

interface Outcome {
  readonly name: string;
  readonly passed: number;
  readonly failed: number;
  readonly seconds: number;
}

const AT_ONCE = 2;

const outcomes: Outcome[] = [];
const names = Object.keys(SUITES).filter((name) => !SUITES[name]?.isApart);
const beside = ["check", ...names.filter((name) => !SUITES[name]?.isAlone)];
const began = Date.now();
await Promise.all(
  Array.from({ length: AT_ONCE }, async () => {
    for (let name = beside.shift(); name !== undefined; name = beside.shift()) outcomes.push(await runScript(name));
  }),
);
for (const name of names.filter((name) => SUITES[name]?.isAlone)) outcomes.push(await runScript(name));

console.log("");
for (const { name, passed, failed, seconds } of outcomes) {
  console.log(
    `${name.padEnd(12)} ${String(passed).padStart(5)} passed ${String(failed).padStart(4)} failed  ${seconds} s`,
  );
}
const sum = (count: (outcome: Outcome) => number) => outcomes.reduce((total, outcome) => total + count(outcome), 0);
console.log(`${"together".padEnd(12)} ${secondsSince(began)} s`);
console.log(`${sum((o) => o.passed)} passed, ${sum((o) => o.failed)} failed`);
process.exitCode = sum((o) => o.failed) > 0 ? 1 : 0;

/**
 * What it prints comes whole when it has ended, and beside it what it complains of at once. A script that ends without its count, or with a bad exit
 * code and no failure, counts as one failure.
 */
async function runScript(name: string): Promise<Outcome> {
  const script = name === "check" ? "check" : `test:${name}`;
  console.log(`── npm run ${script} begins`);
  const started = Date.now();
  const child = spawn("npm", ["run", "--silent", script], { cwd: PACKAGE_DIR, stdio: ["ignore", "pipe", "inherit"] });
  const printed: string[] = [];
  child.stdout.setEncoding("utf8").on("data", (chunk) => printed.push(chunk));
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  const seconds = secondsSince(started);
  const output = printed.join("");
  console.log(`\n── npm run ${script}: ${seconds} s\n${output}`);
  if (name === "check") return { name, passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, seconds };
  const counts = /(\d+) passed, (\d+) failed\s*$/.exec(output);
  const [passed, failed] = counts === null ? [0, 1] : [Number(counts[1]), Number(counts[2])];
  return { name, passed, failed: code !== 0 ? Math.max(1, failed) : failed, seconds };
}

function secondsSince(ms: number): number {
  return Math.round((Date.now() - ms) / 1_000);
}
