import type { EdgeFunction } from "@edge-fleet/runner/contract";
import { askUpstream } from "edge-fleet/upstream";

/**
 * Passes everything on to `env.UPSTREAM` and gives its answers the headers that browsers protect visitors by. A page that is made for
 * one visitor gets a policy with a nonce, which the upstream is told in `x-csp-nonce`: `<script nonce="…">`. A page that a cache may
 * keep cannot have one, so only scripts from its own host run there.
 */

const HEADERS: Readonly<Record<string, string>> = {
  "strict-transport-security": "max-age=63072000; includeSubDomains",
  "x-content-type-options": "nosniff",
  "referrer-policy": "strict-origin-when-cross-origin",
  "permissions-policy":
    "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=(), interest-cohort=()",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "x-frame-options": "DENY",
};
/** They tell attackers what to try. */
const TELLTALE = ["server", "x-powered-by", "x-aspnet-version", "x-aspnetmvc-version", "x-generator", "via"];

export default {
  async fetch(request, env) {
    if (!env.UPSTREAM)
      return failure(500, "no upstream: set edge-fleet:functions.security-headers.env.UPSTREAM in the stack config");
    const nonce = crypto.randomUUID();
    try {
      const response = await askUpstream(env.UPSTREAM, request, { headers: { "x-csp-nonce": nonce } });
      return protect(response, nonce, env.CSP_REPORT_ONLY === "true");
    } catch (error) {
      console.error(error);
      return protect(failure(502, "the upstream cannot be reached"), nonce, false);
    }
  },
} satisfies EdgeFunction;

function protect(response: Response, nonce: string, reportOnly: boolean): Response {
  const { headers } = response;
  for (const name of TELLTALE) headers.delete(name);
  // What the upstream says of itself goes before what is said of all.
  for (const [name, value] of Object.entries(HEADERS)) if (!headers.has(name)) headers.set(name, value);
  if (!/^(text\/html|application\/xhtml\+xml)\b/i.test(headers.get("content-type") ?? "")) return response;
  const name = reportOnly ? "content-security-policy-report-only" : "content-security-policy";
  if (headers.has(name)) return response;
  if (isShared(headers)) headers.set(name, policy("'self'"));
  else {
    headers.set(name, policy(`'nonce-${nonce}' 'strict-dynamic'`));
    headers.set("cache-control", "private, no-store");
  }
  return response;
}

/** Whether its freshness is for caches too. */
function isShared(headers: Headers): boolean {
  const said = `${headers.get("cache-control")},${headers.get("cdn-cache-control")},${headers.get("surrogate-control")}`;
  return /\b(public|s-maxage|max-age)\b/i.test(said) && !/\b(private|no-store)\b/i.test(said);
}

function policy(scripts: string): string {
  return [
    "default-src 'self'",
    `script-src ${scripts}`,
    "style-src 'self'",
    "img-src 'self' data:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "upgrade-insecure-requests",
  ].join("; ");
}

function failure(status: number, message: string): Response {
  return Response.json({ error: message }, { status, headers: { "cache-control": "no-store" } });
}
