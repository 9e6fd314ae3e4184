import { type RateScope, WINDOWS } from "@edge-fleet/runner/policies/policies";
import type { Look } from "./judge.ts";

/** Counts what passes, so that a client that goes on beyond its limit gets as much as the limit says, and not nothing. */
export function clientRateRules(look: Look): string {
  return `  # An IPv6 client has a /64 of its own.
  http-request set-var(txn.network) var(txn.client),ipmask(32,64),hex
${rateRules(look, { scope: "client", counter: 0, who: "network" })}
  http-request sc-inc-gpc0(0) if !refused { var(txn.rate_client) -m found }`;
}

/** What counts together with others counts for those alone who may come in; the last rules that can refuse. */
export function sharedRateRules(look: Look): string {
  return `${rateRules(look, { scope: "key", counter: 1, who: "caller" })}
${rateRules(look, { scope: "route", counter: 2, who: "function" })}
  http-request sc-inc-gpc0(1) if !refused { var(txn.rate_key) -m found }
  http-request sc-inc-gpc0(2) if !refused { var(txn.rate_route) -m found }`;
}

/** A table for each window: counts of each node by itself, empty again when HAProxy restarts. */
export function rateTables(): string {
  return Object.values(WINDOWS)
    .map(
      (seconds) => `backend ${tableOf(seconds)}
  stick-table type binary len 20 size 100k expire ${2 * seconds}s store gpc0,gpc0_rate(${seconds}s)
`,
    )
    .join("\n");
}

function rateRules({ of }: Look, counting: { scope: RateScope; counter: number; who: string }): string {
  const { scope, counter, who } = counting;
  const rate = `txn.rate_${scope}`;
  const lines = Object.values(WINDOWS).flatMap((seconds) => {
    const table = tableOf(seconds);
    const here = `!refused { var(txn.window) -m str ${seconds} }`;
    return [
      `  http-request set-var(txn.refused) str(rateLimits.${scope}) if ${here} { var(txn.count),table_gpc0_rate(${table}),sub(txn.most) ge 0 }`,
      `  http-request track-sc${counter} var(txn.count) table ${table} if ${here}`,
    ];
  });
  return `  http-request set-var(${rate}) ${of(`rate.${scope}`)}
  http-request unset-var(txn.window) if !refused
  http-request set-var(txn.window) var(${rate}),field(1,:) if !refused
  http-request set-var(txn.most) var(${rate}),field(2,:) if !refused
  http-request set-var(txn.count) var(txn.policy),concat(:${scope}:,txn.${who}),sha1 if !refused
${lines.join("\n")}`;
}

function tableOf(seconds: number): string {
  return `policy_rate_${seconds}s`;
}
