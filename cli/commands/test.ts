import { existsSync, globSync, statSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { BundleError, type BundleProblem } from "../../components/functions/problems.ts";
import { defineCommand, value } from "../command.ts";
import type { Environment } from "../environment.ts";
import { CommandError, EXIT_CODES, UsageError } from "../errors.ts";
import { boundTo, buildForRunner, modulesDir, startRunner } from "../isolate/build.ts";
import { logText } from "../isolate/logText.ts";
import { runTests, type TestResult } from "../isolate/runTests.ts";
import { buildTest, type TestBundle } from "../isolate/testBuild.ts";
import { styled } from "../output.ts";
import { text } from "../parsers.ts";

/** `edge test [paths]` */
export const test = defineCommand({
  summary: "run the tests of functions inside a real isolate",
  description:
    "Tests are written with node:test and node:assert/strict, and also run in plain Node. `functions/hello.test.ts` runs with the limits, " +
    "variables, secrets and bindings of hello; `testEnv()` of `edge-fleet/test` gives them. Each test is a request of its own, with limits of its own.",
  args: { paths: { summary: "test files or folders; default: functions", arity: "rest", completes: "files" } },
  options: { filter: value("<text>", "only tests whose name has this text", text) },
  examples: [
    { line: "test", meaning: "every test in functions/" },
    { line: "test functions/api.test.ts --filter todos", meaning: "some tests of one function" },
  ],
  async run(context, { args, options }) {
    const { out, projectDir, signal } = context;
    const environment = context.environment();
    const { tests, nodeOnly } = await buildTests(environment, args.paths);
    for (const [file, module] of nodeOnly)
      out.note(
        styled("dim", `${file} is not for isolates: it imports ${module}; run it with node --test`, process.stderr),
      );
    const bound = await buildForRunner(
      projectDir,
      environment.config,
      tests.flatMap(({ manifest }) => boundTo(manifest)),
    );
    const fileOf = new Map(tests.map(({ file, manifest }) => [manifest.name, file]));
    await using runner = await startRunner(environment, {
      region: environment.config.geography.defaultRegion,
      onLine: (line) => {
        if (typeof line.function === "string")
          out.note(logText(line, { who: fileOf.get(line.function) ?? line.function }));
      },
    });
    const manifests = [...tests.map(({ manifest }) => manifest), ...bound.values()];
    const verdict = await runner.deploy(manifests, modulesDir(projectDir));
    if (verdict.status !== "active") throw new CommandError(refusalOf(verdict, tests));
    const results: TestResult[] = [];
    const onResult = (result: TestResult) => {
      results.push(result);
      if (!out.isJson) console.log(resultText(result));
    };
    for (const bundle of tests) {
      if (!out.isJson) console.log(styled("bold", bundle.file));
      await runTests(runner, bundle, { projectDir, filter: options.filter ?? null, signal, onResult });
    }
    const count = (status: TestResult["status"]) => results.filter((result) => result.status === status).length;
    const counts = { passed: count("passed"), failed: count("failed"), skipped: count("skipped"), todo: count("todo") };
    out.show(
      { ...counts, tests: results, nodeOnly: Object.fromEntries(nodeOnly) },
      () => `${results.length === 0 ? "" : "\n"}${countsText(counts)}`,
    );
    if (results.length === 0)
      throw new CommandError(
        `no test ${options.filter === undefined ? "is in these files" : `has "${options.filter}" in its name`}`,
      );
    return counts.failed > 0 ? EXIT_CODES.failed.code : EXIT_CODES.ok.code;
  },
});

/** Tests that need Node itself stay out of a run of whole folders, and are refused where they are named. */
async function buildTests({ projectDir, config }: Environment, paths: readonly string[]) {
  const files = testFiles(projectDir, paths);
  const built = await Promise.allSettled(files.map((file) => buildTest(projectDir, config, file)));
  const tests: TestBundle[] = [];
  const nodeOnly = new Map<string, string>();
  const problems: BundleProblem[] = [];
  for (const [index, result] of built.entries()) {
    const file = files[index] as string;
    if (result.status === "fulfilled") tests.push(result.value);
    else if (!(result.reason instanceof BundleError)) throw result.reason;
    else {
      const found = result.reason.problems;
      const module = found.map(({ problem }) => NODE_MODULE.exec(problem)?.[1]).find((name) => name !== undefined);
      const isNamed = paths.some((path) => relative(projectDir, resolve(path)) === file);
      if (module === undefined || isNamed) problems.push(...found);
      else nodeOnly.set(file, module);
    }
  }
  if (problems.length > 0) throw new BundleError(problems);
  return { tests, nodeOnly };
}

const NODE_MODULE = /^Could not resolve "(node:[a-z_/]+)"$/;

function testFiles(projectDir: string, paths: readonly string[]): string[] {
  const wanted = paths.length === 0 ? [join(projectDir, "functions")] : paths.map((path) => resolve(path));
  const files = wanted.flatMap((path) => {
    if (!existsSync(path)) throw new UsageError(`${path}: there is no such file or folder`);
    if (!statSync(path).isDirectory()) return [path];
    return globSync("**/*.test.ts", { cwd: path, exclude: ["**/node_modules/**"] }).map((file) => join(path, file));
  });
  if (files.length === 0)
    throw new UsageError(`no *.test.ts in ${wanted.join(", ")}; \`edge init\` writes a function with its test`);
  return [...new Set(files.map((file) => relative(projectDir, file)))].sort();
}

function refusalOf(
  { reason, functions }: Awaited<ReturnType<Parameters<typeof runTests>[0]["deploy"]>>,
  tests: readonly TestBundle[],
): string {
  const lines = Object.entries(functions).flatMap(([name, status]) => {
    const file = tests.find(({ manifest }) => manifest.name === name)?.file ?? name;
    return status.status === "refused" ? [`${file}: ${status.reason}`] : [];
  });
  return lines.length > 0 ? lines.join("\n") : (reason ?? "the isolate runner refused the tests");
}

const MARKS = { passed: ["green", "✓"], failed: ["red", "✗"], skipped: ["dim", "–"], todo: ["yellow", "○"] } as const;

function resultText({ status, name, durationMs, message, frames }: TestResult): string {
  const [style, mark] = MARKS[status];
  const head = `  ${styled(style, mark)} ${name}${status === "skipped" ? styled("dim", " (skipped)") : styled("dim", ` ${durationMs.toFixed(0)} ms`)}`;
  if (message === null) return head;
  const lines = [...message.split("\n"), ...frames.map((frame) => styled("dim", frame))];
  return [head, ...lines.map((line) => `      ${line}`.trimEnd())].join("\n");
}

function countsText({ passed, failed, skipped, todo }: Readonly<Record<TestResult["status"], number>>): string {
  const rest = Object.entries({ skipped, todo })
    .filter(([, count]) => count > 0)
    .map(([word, count]) => `, ${count} ${word}`);
  return styled(failed > 0 ? "red" : "green", `${passed} passed, ${failed} failed${rest.join("")}`);
}
