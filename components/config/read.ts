import * as pulumi from "@pulumi/pulumi";
import { parseAccountConfig } from "./account.ts";
import type { AccountConfig } from "./accountSchema.ts";
import type { FleetConfig } from "./fleetConfig.ts";
import { parseFleetConfig } from "./parse.ts";

const NAMESPACE = "edge-fleet:";

/**
 * Reads and checks the config of the running stack. Throws a `ConfigError` that tells everything that is wrong.
 * `functionNames` are the functions found in `functions/`.
 */
export function readFleetConfig(functionNames: readonly string[]): FleetConfig {
  const { raw, ...context } = readStack();
  return parseFleetConfig(raw, { ...context, functionNames });
}

/** Whether the running stack is what is one per account, and no fleet. */
export function isAccountStack(): boolean {
  return readValue(`${NAMESPACE}target`) === "account";
}

/** The same as `readFleetConfig` for a stack with `target: account`. */
export function readAccountConfig(): AccountConfig {
  const { raw, ...context } = readStack();
  return parseAccountConfig(raw, context);
}

function readStack() {
  const keys = Object.keys(pulumi.runtime.allConfig()).filter((key) => key.startsWith(NAMESPACE));
  return {
    raw: Object.fromEntries(keys.map((key) => [key.slice(NAMESPACE.length), readValue(key)])),
    stack: pulumi.getStack(),
    secretKeys: keys.filter(isSecret).map((key) => key.slice(NAMESPACE.length)),
  };
}

/** Pulumi hands maps and lists over as JSON, everything else as plain text. */
function readValue(key: string): unknown {
  const text = pulumi.runtime.getConfig(key) ?? "";
  if (!/^\s*[{[]/.test(text)) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** The SDK has this function but leaves it out of its types. */
function isSecret(key: string): boolean {
  return (pulumi.runtime as unknown as { isConfigSecret(key: string): boolean }).isConfigSecret(key);
}
