import type * as z from "zod";
import { checkAws, refuseSmallMachines } from "./aws.ts";
import { choose } from "./explain.ts";
import type { FleetConfig } from "./fleetConfig.ts";
import { mergeFunctions } from "./functions.ts";
import { buildGeography } from "./geography.ts";
import { checkLocal } from "./local.ts";
import { resolveOrigins } from "./origins.ts";
import { issuerConfigs, refusePolicies } from "./policies.ts";
import { ProblemList } from "./problems.ts";
import { resolveClaims, resolveRegions } from "./regionChecks.ts";
import { AWS_REGION_CODES } from "./regions.ts";
import { type RawConfig, rawConfig } from "./schema.ts";
import { UNKNOWN_KEY } from "./schemaParts.ts";
import { readShape } from "./shape.ts";
import { postgresConfigs, redisConfigs, refusePrefixesWithin, refuseUnknownStores } from "./stores.ts";

export interface ParseContext {
  /** The stack's name; it becomes the fleet's. */
  readonly stack: string;
  /** Functions found in `functions/`. */
  readonly functionNames: readonly string[];
  /** Keys whose value is a Pulumi secret. They are refused without being looked at. Default: none. */
  readonly secretKeys?: readonly string[];
}

/**
 * Turns the raw stack config (the keys below `edge-fleet:`) into a checked `FleetConfig`. Throws a `ConfigError` that tells
 * everything that is wrong: a wrong key hides nothing about the others.
 */
export function parseFleetConfig(raw: Readonly<Record<string, unknown>>, context: ParseContext): FleetConfig {
  const problems = new ProblemList();
  const config = readKeys(rawConfig, raw, context.secretKeys ?? [], problems);

  const regions = Object.entries(config.regions ?? {})
    .flatMap(([name, region]) => (region === undefined ? [] : [[name, region] as const]))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  // Names that others may use, also of regions too broken to read; with no readable map at all, any.
  const regionNames = config.regions === undefined ? AWS_REGION_CODES : Object.keys(raw.regions as object).sort();
  const resolvedRegions = resolveRegions(regions, regionNames, problems);
  const claims = resolveClaims(regions, problems);
  const functions = mergeFunctions(
    context.functionNames,
    {
      functions: config.functions ?? {},
      limits: config.limits ?? {},
      regions: regionNames,
      privateWorkers: config.size?.privateWorkers,
      isLocal: config.target === "local",
    },
    problems,
  );
  const origins = resolveOrigins(config.origins ?? {}, regionNames, problems);
  refuseUnknownStores(config.functions ?? {}, { postgres: config.postgres, redis: config.redis }, problems);
  refusePrefixesWithin(config.redis ?? {}, problems);
  refusePolicies(functions, config, problems);
  const issuers = issuerConfigs(config.issuers ?? {}, problems);
  const local =
    config.target === undefined ? null : checkLocal({ ...config, target: config.target }, regions, problems);

  const aws =
    config.target === undefined
      ? null
      : checkAws({ ...config, stack: context.stack, target: config.target }, regions, regionNames, problems);
  refuseSmallMachines(aws, config.size, functions, problems);

  problems.throwIfAny(context.stack);
  const { target, domain, drift, size, cache, postgres, redis } = config as RawConfig;
  return {
    name: context.stack,
    target,
    domain,
    drift,
    regions: resolvedRegions,
    geography: buildGeography(claims),
    size,
    geoipDatabase: config.geoipDatabase ?? null,
    functions,
    origins,
    cache,
    postgres: postgresConfigs(postgres),
    redis: redisConfigs(redis),
    issuers,
    aws,
    local,
  };
}

/** Every key by itself; one that is unusable is undefined and has its problems told. */
export function readKeys<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
  raw: Readonly<Record<string, unknown>>,
  secretKeys: readonly string[],
  problems: ProblemList,
): Partial<z.output<z.ZodObject<Shape>>> {
  const keys = Object.keys(schema.shape);
  const config: Record<string, unknown> = {};
  for (const key of Object.keys(raw)) {
    if (!keys.includes(key)) {
      problems.add([key], {
        value: secretKeys.includes(key) ? undefined : raw[key],
        problem: UNKNOWN_KEY,
        remedy: choose(key, keys),
      });
    }
  }
  for (const key of keys) {
    if (secretKeys.includes(key)) {
      problems.add([key], {
        value: undefined,
        problem: "is a secret, and the fleet's config is not kept secret",
        remedy: "Set it without --secret.",
      });
    } else {
      config[key] = readShape(schema.shape[key] as unknown as z.ZodType, raw[key], [key], problems);
    }
  }
  return config as Partial<z.output<z.ZodObject<Shape>>>;
}
