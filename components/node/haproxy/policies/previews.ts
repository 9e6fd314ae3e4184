import { PREVIEW_LABEL } from "@edge-fleet/runner/release/previewAddress";
import { PREVIEW_HEADER } from "@edge-fleet/runner/release/previewToken";

/** Before the headers that clients may not send are removed: this one is the client's, and its token is the router's to judge. */
export function previewToken(): string {
  return `  http-request set-var(txn.token) req.fhdr(${PREVIEW_HEADER})`;
}

export function previewHeader(): string {
  return `  http-request set-header ${PREVIEW_HEADER} %[var(txn.token)] if { var(txn.token) -m found }`;
}

/**
 * A request for one version of a function, by the version's own host or by a token: routes say nothing of it. It has the policies of the version
 * that it names; whether the version is there and the token holds is the router's to judge.
 */
export function previewRules(look: string, domain: string): string {
  return `  http-request set-var(txn.label) 'var(txn.site),regsub("[.]${domain.replaceAll(".", "[.]")}$","")' if { var(txn.site) -m end .${domain} }
  http-request set-var(txn.label) var(txn.token),field(1,.) if { var(txn.token) -m found }
  acl is_preview var(txn.label) -m reg ${PREVIEW_LABEL.source}
  acl has_asked var(txn.asked) -m found
  http-request set-var(txn.policy) str(p:),concat(,txn.label),${look} if is_preview
  http-request set-var(txn.preflight) var(txn.policy),concat(.cors),${look} if is_preview has_asked
  http-request set-header x-edge-policy %[var(txn.policy)] if is_preview { var(txn.policy) -m found }
  http-request set-header x-edge-preflight 1 if is_preview { var(txn.preflight) -m found }
  http-request allow if is_preview`;
}
