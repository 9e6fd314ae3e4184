import { type AccountConfig, rawAccountConfig } from "./accountSchema.ts";
import type { ParseContext } from "./parse.ts";
import { readKeys } from "./parse.ts";
import { ProblemList } from "./problems.ts";

/**
 * Turns the raw config of a stack with `target: account` into a checked one.
 *
 * @throws ConfigError that tells everything that is wrong.
 */
export function parseAccountConfig(
  raw: Readonly<Record<string, unknown>>,
  context: Pick<ParseContext, "stack" | "secretKeys">,
): AccountConfig {
  const problems = new ProblemList();
  const { account } = readKeys(rawAccountConfig, raw, context.secretKeys ?? [], problems);
  if (account !== undefined && !account.regions.includes(account.home)) {
    problems.add(["account", "home"], {
      value: account.home,
      problem: "is not among edge-fleet:account.regions",
      remedy: `Use one of ${account.regions.join(", ")}, or add it there.`,
    });
  }
  problems.throwIfAny(context.stack);
  return account as AccountConfig;
}
