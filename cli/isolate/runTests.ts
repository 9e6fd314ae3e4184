import { readFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { join } from "node:path";
import { mapPlaces, parseSourceMap, type SourceMap } from "@edge-fleet/runner/release/sourceMap";
import { CommandError } from "../errors.ts";
import { modulesDir } from "./build.ts";
import type { LocalRunner } from "./localRunner.ts";
import type { TestBundle } from "./testBuild.ts";
import type { Listed, Outcome } from "./testing/nodeTest.ts";

export interface TestResult {
  readonly file: string;
  /** With the suites around it: `suite > test`. */
  readonly name: string;
  /** `todo`: it failed, as expected. */
  readonly status: "passed" | "failed" | "skipped" | "todo";
  /** Why it failed; null when it did not. */
  readonly message: string | null;
  /** Where, by the sources. */
  readonly frames: readonly string[];
  readonly durationMs: number;
}

interface RunArgs {
  readonly projectDir: string;
  /** Run only tests whose name has this; null: all. */
  readonly filter: string | null;
  readonly signal: AbortSignal;
  readonly onResult: (result: TestResult) => void;
}

/** Runs the tests of one file one by one, each as a request of its own to the isolate. What a limit ends fails that test, not the others. */
export async function runTests(runner: LocalRunner, { file, manifest }: TestBundle, args: RunArgs): Promise<void> {
  const map = sourceMapOf(manifest.modules, args.projectDir);
  const ask = (order: string) => send(runner, `/${manifest.name}/${order}`);
  const listed = await ask("list");
  if (listed.status !== 200) throw new CommandError(`${file}: ${failureOf(listed).message}`);
  const result = (name: string, outcome: Outcome, durationMs: number, todo: Listed["todo"] = false): TestResult => {
    const { message = null, stack = "" } = outcome.status === "failed" ? outcome : {};
    const status = outcome.status === "failed" && todo ? "todo" : outcome.status;
    return { file, name, status, message, frames: framesOf(stack, map), durationMs };
  };
  for (const [index, { path, skip, todo }] of (JSON.parse(listed.body) as Listed[]).entries()) {
    args.signal.throwIfAborted();
    const name = path.join(" > ");
    if (args.filter !== null && !name.includes(args.filter)) continue;
    if (skip !== false) {
      args.onResult(result(name, { status: "skipped" }, 0));
      continue;
    }
    const startedMs = performance.now();
    const answer = await ask(`run/${index}`);
    const outcome = answer.status === 200 ? (JSON.parse(answer.body) as Outcome) : failureOf(answer);
    args.onResult(result(name, outcome, performance.now() - startedMs, todo));
  }
  const ended = await ask("end");
  const outcome = ended.status === 200 ? (JSON.parse(ended.body) as Outcome) : failureOf(ended);
  if (outcome.status === "failed") args.onResult(result("after hooks", outcome, 0));
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

/** What the runner itself answered: a limit that fired, for instance. */
function failureOf({ status, body }: Answer): Extract<Outcome, { status: "failed" }> {
  let said = body;
  try {
    const { error } = JSON.parse(body) as { error: { code: string; message: string } };
    said = `${error.code}: ${error.message}`;
  } catch {}
  return { status: "failed", message: said || `answered with status ${status}`, stack: "" };
}

/** Where an author's code was: by the sources, without the platform and the tests' own machinery. */
function framesOf(stack: string, map: SourceMap | undefined): string[] {
  const rows = stack.split("\n").map((row) => row.trim());
  const mapped = rows.filter((row) => row.startsWith("at ")).map((row) => mapPlaces(row, () => map));
  return mapped.filter((row) => !row.includes("edge:platform") && !row.includes("cli/isolate/testing/"));
}

function sourceMapOf(modules: TestBundle["manifest"]["modules"], projectDir: string): SourceMap | undefined {
  const ref = modules.find(({ type }) => type === "map");
  return ref && parseSourceMap(readFileSync(join(modulesDir(projectDir), ref.sha256), "utf8"));
}

function send({ socketPath, agent }: LocalRunner, path: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { socketPath, agent, path, method: "POST", headers: { host: "edge.test" } },
      (response) => {
        let body = "";
        response.setEncoding("utf8").on("data", (text) => {
          body += text;
        });
        response.once("end", () => resolve({ status: response.statusCode ?? 0, body })).once("error", reject);
      },
    );
    request.once("error", reject);
    request.end();
  });
}
