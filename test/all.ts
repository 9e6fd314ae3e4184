/** `npm test`: types, lint and format, then every suite that is not apart in its short form; ends with `N passed, N failed` over all. */
import { spawn } from "node:child_process";
import { PACKAGE_DIR } from "../components/packageDir.ts";
import { SUITES } from "./suites.ts";

interface Outcome {
  readonly name: string;
  readonly passed: number;
  readonly failed: number;
  readonly seconds: number;
}

const outcomes: Outcome[] = [];
const names = Object.keys(SUITES).filter((name) => !SUITES[name]?.isApart);
for (const name of ["check", ...names]) outcomes.push(await runScript(name));

console.log("");
for (const { name, passed, failed, seconds } of outcomes) {
  console.log(
    `${name.padEnd(12)} ${String(passed).padStart(5)} passed ${String(failed).padStart(4)} failed  ${seconds} s`,
  );
}
const sum = (count: (outcome: Outcome) => number) => outcomes.reduce((total, outcome) => total + count(outcome), 0);
console.log(`${sum((o) => o.passed)} passed, ${sum((o) => o.failed)} failed`);
process.exitCode = sum((o) => o.failed) > 0 ? 1 : 0;

/** A script that ends without its count, or with a bad exit code and no failure, counts as one failure. */
async function runScript(name: string): Promise<Outcome> {
  const script = name === "check" ? "check" : `test:${name}`;
  console.log(`\n── npm run ${script}`);
  const started = Date.now();
  const child = spawn("npm", ["run", "--silent", script], { cwd: PACKAGE_DIR, stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (chunk) => {
    process.stdout.write(chunk);
    output = (output + chunk).slice(-10_000);
  });
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  const seconds = Math.round((Date.now() - started) / 1_000);
  const counts = /(\d+) passed, (\d+) failed\s*$/.exec(output);
  if (name === "check") return { name, passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, seconds };
  const [passed, failed] = counts === null ? [0, 1] : [Number(counts[1]), Number(counts[2])];
  return { name, passed, failed: code !== 0 ? Math.max(1, failed) : failed, seconds };
}
