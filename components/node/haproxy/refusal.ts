import { type NodeErrorCode, nodeErrorBody, statusOf } from "@edge-fleet/runner/nodeErrors";

/** An answer of HAProxy's own in the shape of the runner's errors: what follows `http-request return`. */
export function refusal(code: NodeErrorCode, detail?: string, headers: Readonly<Record<string, string>> = {}): string {
  // In a log format a percent sign begins a value.
  const body = nodeErrorBody(code, { detail: detail?.replaceAll("%", "%%"), requestId: "%[unique-id]" });
  return `status ${statusOf(code)} ${answer(code, headers)} lf-string ${quoted(body)}`;
}

/** The same for what HAProxy answers with when no rule was reached: what follows `http-error`. */
export function ownError(status: number, code: NodeErrorCode, detail?: string): string {
  return `status ${status} ${answer(code, {})} string ${quoted(nodeErrorBody(code, { detail, requestId: "" }))}`;
}

/** As one word of the configuration, whatever is in it. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function answer(code: NodeErrorCode, headers: Readonly<Record<string, string>>): string {
  const all = { "cache-control": "no-store", "x-edge-error": code, ...headers };
  const shown = Object.entries(all).map(([name, value]) => `hdr ${name} ${quoted(value)}`);
  return `content-type application/json ${shown.join(" ")}`;
}
