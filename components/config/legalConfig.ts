import { type ParseContext, parseFleetConfig } from "./parse.ts";
import { ConfigError, type ConfigProblem } from "./problems.ts";

export const TEST_CONTEXT: ParseContext = { stack: "local", functionNames: ["hello", "api"] };

/** A legal raw config for tests, a new one for each to break. */
export function legalConfig() {
  return {
    target: "local",
    domain: "edge.test",
    regions: {
      "us-east-1": { continents: ["NA", "SA", "AN"], default: true, address: "127.0.1.3" },
      "eu-central-1": { continents: ["EU", "AF"], address: "127.0.1.2" },
      "ap-northeast-1": { continents: ["AS", "OC"], address: "127.0.1.1" },
    } as Record<string, Record<string, unknown>>,
  } as Record<string, unknown> & { regions: Record<string, Record<string, unknown>> };
}

/** The same of a fleet in the cloud. */
export function legalAwsConfig() {
  const raw = legalConfig();
  raw.target = "aws";
  for (const region of Object.values(raw.regions)) delete region.address;
  raw.aws = { home: "us-east-1", certificateSecret: "edge/test/certificate" };
  return raw;
}

export function setInRegion(raw: Record<string, unknown>, region: string, change: Record<string, unknown>): void {
  const regions = raw.regions as Record<string, Record<string, unknown>>;
  regions[region] = { ...regions[region], ...change };
}

/** What a config is refused for; nothing when it is taken. */
export function problemsOf(raw: Record<string, unknown>): readonly ConfigProblem[] {
  try {
    parseFleetConfig(raw, TEST_CONTEXT);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

/** What is wrong, as `key: problem`, after `change` was made to a legal config. */
export function faults(change: (raw: ReturnType<typeof legalConfig>) => void): string[] {
  const raw = legalConfig();
  change(raw);
  return problemsOf(raw).map(({ key, problem }) => `${key.replace("edge-fleet:", "")}: ${problem}`);
}
