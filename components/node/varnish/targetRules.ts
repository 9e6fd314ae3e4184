import { nodeErrorBody, statusOf } from "@edge-fleet/runner/nodeErrors";
import { TARGET_RULES, type TargetRule } from "@edge-fleet/runner/routes/targetRules";

const SUBJECT = { target: "req.url", host: "req.http.host" };

/** `call edge_target` refuses what could be read in two ways; `call edge_refused` in `vcl_synth` says why. */
export function targetRules(): string {
  const rules = Object.values<TargetRule>(TARGET_RULES).map(
    ({ part, pattern, code, detail }) => `  if (${SUBJECT[part]} ~ "${pattern}") {
    set req.http.x-edge-error = "${code}";
    set req.http.x-edge-refusal = """${nodeErrorBody(code, { detail, requestId: "" })}""";
    return (synth(${statusOf(code)}));
  }`,
  );
  return `sub edge_target {
  unset req.http.x-edge-error;
${rules.join("\n")}
}

sub edge_refused {
  if (req.http.x-edge-error) {
    set resp.http.content-type = "application/json";
    set resp.http.cache-control = "no-store";
    set resp.http.x-edge-error = req.http.x-edge-error;
    set resp.body = req.http.x-edge-refusal;
    return (deliver);
  }
}`;
}
