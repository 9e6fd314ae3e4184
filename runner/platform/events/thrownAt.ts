import { describe } from "../describe.ts";
import { sliceText } from "../primordials.ts";

const FRAME = /(?:\(|at )([^()\s]+):(\d+):(\d+)\)?$/m;
/** Characters of a stack that are looked through. */
const STACK_CHARS_MAX = 2_000;

/** Where an error was made, by its stack; nothing for what has none. */
export function thrownAt(error: unknown): {
  readonly filename?: string;
  readonly lineno?: number;
  readonly colno?: number;
} {
  try {
    const [, filename, line, column] = FRAME.exec(sliceText(`${(error as Error).stack}`, 0, STACK_CHARS_MAX)) ?? [];
    return filename === undefined ? {} : { filename, lineno: Number(line), colno: Number(column) };
  } catch {
    return {};
  }
}

/** The message of an ErrorEvent, as browsers have it. */
export function uncaughtText(error: unknown): string {
  try {
    return error instanceof Error ? `Uncaught ${error.name}: ${error.message}` : `Uncaught ${describe(error)}`;
  } catch {
    return "Uncaught exception";
  }
}
