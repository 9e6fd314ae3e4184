import { LOG_LINE_CHARS_MAX, type Rejection } from "./isolatePort.ts";

/** A rejection as its isolate hears of it again: isolated-vm hands out a copy of the reason, and not the promise. */
export function rejectionText(reason: unknown): string {
  const rejection: Rejection =
    reason instanceof Error
      ? { error: { name: cut(reason.name), message: cut(reason.message), stack: cut(reason.stack) } }
      : { value: typeof reason === "string" ? cut(reason) : plain(reason) };
  return JSON.stringify(rejection);
}

function plain(value: unknown): unknown {
  return value === null || typeof value === "number" || typeof value === "boolean" || value === undefined
    ? value
    : cut(value);
}

function cut(text: unknown): string {
  return String(text).slice(0, LOG_LINE_CHARS_MAX);
}
