import { styleText } from "node:util";

interface TestEvent {
  readonly type: string;
  readonly data: {
    readonly name: string;
    readonly file?: string;
    readonly nesting: number;
    readonly skip?: string | boolean;
    readonly todo?: string | boolean;
    readonly message?: string;
    readonly details?: { readonly type?: string; readonly duration_ms?: number; readonly error?: unknown };
  };
}

/** Prints a line a test as it ends, failures with their error, and counts tests (suites, skipped ones and targets not reached yet are none). */
export async function report(
  events: AsyncIterable<unknown>,
  print: (line: string) => void,
): Promise<{ passed: number; failed: number }> {
  let passed = 0;
  let failed = 0;
  for await (const event of events as AsyncIterable<TestEvent>) {
    const { type, data } = event;
    if (type === "test:stderr" || type === "test:stdout") process.stderr.write(data.message ?? "");
    // What a test measured; the runner's own closing figures have no test around them.
    if (type === "test:diagnostic" && data.nesting > 0)
      print(styleText("dim", `${"  ".repeat(data.nesting)}ℹ ${data.message}`));
    if (type !== "test:pass" && type !== "test:fail") continue;
    // A suite counts when it failed by itself: its set-up or its clean-up did, not one of its tests.
    if (
      data.details?.type === "suite" &&
      (type === "test:pass" || failureType(data.details.error) === "subtestsFailed")
    )
      continue;
    const indent = "  ".repeat(data.nesting);
    const took = styleText("dim", `(${Math.round(data.details?.duration_ms ?? 0)} ms)`);
    if (data.skip !== undefined) {
      print(`${indent}- ${data.name} skipped: ${data.skip}`);
    } else if (data.todo !== undefined && type === "test:fail") {
      print(
        `${indent}${styleText("yellow", "○")} ${data.name} ${took}: ${data.todo}\n${describe(data.details?.error)}`,
      );
    } else if (type === "test:pass") {
      passed += 1;
      print(`${indent}${styleText("green", "✔")} ${data.name} ${took}`);
    } else {
      failed += 1;
      print(`${indent}${styleText("red", "✖")} ${data.name} ${took}\n${describe(data.details?.error)}\n  ${data.file}`);
    }
  }
  return { passed, failed };
}

function failureType(error: unknown): string | undefined {
  return (error as { failureType?: string } | undefined)?.failureType;
}

function describe(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const text = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
  return text.replace(/^/gm, "    ");
}
