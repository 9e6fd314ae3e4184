import { ReleaseError } from "@edge-fleet/runner/release/errors";
import { ConfigError } from "../components/config/problems.ts";
import { BundleError } from "../components/functions/problems.ts";

/** What the process ends with. */
export const EXIT_CODES = {
  ok: { code: 0, meaning: "done" },
  failed: { code: 1, meaning: "failed" },
  usage: { code: 2, meaning: "wrong command line, or not confirmed (nothing was done)" },
  interrupted: { code: 130, meaning: "interrupted" },
} as const;

/** The command could not do what was asked; the message names what, and what to do. */
export class CommandError extends Error {
  override readonly name: string = "CommandError";
}

/** The command line is wrong, or a destructive command was not confirmed; nothing was done. */
export class UsageError extends CommandError {
  override readonly name = "UsageError";
}

/** What a person, or a program with `--json`, is told of an error. */
export interface ToldError {
  /** Null for what has none. */
  readonly code: string | null;
  readonly message: string;
  readonly exitCode: number;
}

/** Errors that people cause or can do something about are told as they are; all others are ours, and say how to see more. */
export function tellError(error: unknown): ToldError {
  const { failed, usage, interrupted } = EXIT_CODES;
  if (isAbort(error)) return { code: null, message: "interrupted", exitCode: interrupted.code };
  const message = error instanceof Error ? error.message.trimEnd() : String(error);
  const code = codeOf(error);
  if (error instanceof UsageError) return { code, message, exitCode: usage.code };
  if (isForPeople(error)) return { code, message, exitCode: failed.code };
  const stack = error instanceof Error ? error.stack : undefined;
  const seen = process.env.EDGE_DEBUG ? (stack ?? message) : `${message}\n  EDGE_DEBUG=1 shows where it comes from.`;
  return { code, message: `unexpected: ${seen}`, exitCode: failed.code };
}

function isForPeople(error: unknown): boolean {
  if ([CommandError, ConfigError, BundleError, ReleaseError].some((type) => error instanceof type)) return true;
  // The system's own errors name the call and the path.
  return error instanceof Error && "syscall" in error;
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === "AbortError";
}

function codeOf(error: unknown): string | null {
  const { code } = Object(error) as { code?: unknown };
  return typeof code === "string" ? code : null;
}
