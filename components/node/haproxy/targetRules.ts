import { TARGET_RULES, type TargetRule } from "@edge-fleet/runner/routes/targetRules";
import { quoted, refusal } from "./refusal.ts";

const SUBJECT = { target: "var(txn.target)", host: "var(txn.host)" };

/** Refuses what could be read in two ways, before any other rule looks at it; only where `condition` holds, when there is one. */
export function targetRules(condition = ""): string {
  const rules = Object.values<TargetRule>(TARGET_RULES).map(
    ({ part, pattern, code, detail }) =>
      `  http-request return ${refusal(code, detail)} if ${condition}{ ${SUBJECT[part]} -m reg ${quoted(pattern)} }`,
  );
  return `  # What cannot be fetched leaves the empty text, which passes no rule. In HTTP/2 the URL has its scheme and host in front; in
  # HTTP/1 only where a client wrote them.
  http-request set-var(txn.target) str()
  http-request set-var(txn.target) pathq
  http-request set-var(txn.target) url if { req.ver -m beg 1. }
  http-request set-var(txn.host) str()
  http-request set-var(txn.host) req.fhdr(host) if { req.fhdr_cnt(host) eq 1 }
${rules.join("\n")}`;
}
