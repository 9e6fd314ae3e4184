import { type NodeErrorCode, nodeErrorText, statusOf } from "@edge-fleet/runner/nodeErrors";
import { REFUSALS_TABLE } from "@edge-fleet/runner/policies/doorMaps";
import { quoted } from "../refusal.ts";

interface PolicyRefusal {
  /** What `txn.refused` is where this answers. */
  readonly policies: readonly string[];
  readonly code: NodeErrorCode;
  /** Further members of the error: samples of HAProxy's by name. */
  readonly figures?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Answers in the shape of the runner's errors, with what refused and, where it is known, why. */
export function policyRefusal({ policies, code, figures = {}, headers = {} }: PolicyRefusal): string {
  const { message, docs } = nodeErrorText(code);
  const members = [
    `"code":"${code}"`,
    '"policy":"%[var(txn.refused)]"',
    ...Object.entries(figures).map(([name, sample]) => `"${name}":${sample}`),
    '"reason":"%[var(txn.why)]"',
    `"message":${JSON.stringify(message)}`,
    `"docs":${JSON.stringify(docs)}`,
  ];
  const body = `{"error":{${members.join(",")}},"function":"%[var(txn.function)]","requestId":"%[req.hdr(x-request-id)]"}`;
  const all = {
    "cache-control": "no-store",
    "x-edge-error": code,
    "x-edge-refused": "%[var(txn.refused)]",
    ...headers,
  };
  const shown = Object.entries(all).map(([name, value]) => `hdr ${name} ${quoted(value)}`);
  const answer = `status ${statusOf(code)} content-type application/json ${shown.join(" ")} lf-string ${quoted(body)}`;
  return `  http-request return ${answer} if { var(txn.refused) -m str ${policies.join(" ")} }`;
}

/** Counts what is refused, once. */
export function counted(): string {
  const refused = "{ var(txn.refused) -m found }";
  return `  http-request set-var(txn.policy) str(none) if ${refused} !{ var(txn.policy) -m found }
  http-request set-var(txn.refusal) var(txn.policy),concat(:,txn.refused) if ${refused}
  http-request track-sc2 var(txn.refusal) table ${REFUSALS_TABLE} if ${refused}
  http-request sc-inc-gpc0(2) if ${refused}`;
}

/** Counts of refusals by policy and by what refused. */
export function refusalsTable(): string {
  return `backend ${REFUSALS_TABLE}
  stick-table type string len 64 size 5k expire 10d store gpc0
`;
}
