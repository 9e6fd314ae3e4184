import { LIMIT_NAMES, LIMITS, type LimitName } from "@edge-fleet/runner/limits";
import * as z from "zod";
import { routeFault } from "./routes.ts";
import { distinct, keyed, regionCode, text } from "./schemaParts.ts";

const limitValue = (name: LimitName) => z.int().min(LIMITS[name].floor).max(LIMITS[name].ceiling);

function ofEachLimit<T extends z.ZodType>(shape: (name: LimitName) => T): Record<LimitName, T> {
  return Object.fromEntries(LIMIT_NAMES.map((name) => [name, shape(name)])) as Record<LimitName, T>;
}

/** `edge-fleet:limits`: what a function gets that declares nothing, and the most that one may declare. */
export const fleetLimits = keyed(
  ofEachLimit((name) =>
    keyed({
      default: limitValue(name)
        .optional()
        .describe(`What a function gets that declares nothing. Default: ${LIMITS[name].default}.`),
      ceiling: limitValue(name)
        .optional()
        .describe(`The most that a function may declare. Default: ${LIMITS[name].ceiling}.`),
    })
      .optional()
      .describe(`${LIMITS[name].meaning}.`),
  ),
);

const limits = keyed(
  ofEachLimit((name) =>
    limitValue(name)
      .optional()
      .describe(`${LIMITS[name].meaning}. Default: the fleet's, else ${LIMITS[name].default}.`),
  ),
);

export const edgeFunction = keyed({
  routes: distinct(
    text({
      fits: (route) => routeFault(route) === null,
      problem: (route) => `is not a path pattern: it ${routeFault(route)}`,
      remedy: "Use /hello, /users/:id or /api/* (which also matches /api).",
    }).meta({ pattern: "^/" }),
  )
    .min(1)
    .optional()
    .describe("Path patterns: `/hello`, `/users/:id`, `/api/*` (also matches `/api`). Default: `/<name>/*`."),
  limits: limits.prefault({}).describe("What the function may use, per node."),
  env: z
    .record(
      text({
        fits: (name) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name),
        problem: "is not a variable's name",
        remedy: "Use letters, digits and _, beginning with a letter or _.",
      }),
      z.string(),
    )
    .default({})
    .describe("Plain variables, as text. Secrets do not belong here: a release is not secret."),
  regions: distinct(regionCode).min(1).optional().describe("Regions that serve it. Default: every region."),
});
