import { BINDING_KIND_NAMES, BINDING_KINDS, type DeclaredKind } from "@edge-fleet/runner/bindings/kinds";
import { LIMIT_NAMES, LIMITS, type LimitName } from "@edge-fleet/runner/limits";
import {
  EGRESS_RULE,
  ENV_NAME,
  ORIGIN,
  ROUTES_PER_FUNCTION_MAX,
  SCHEDULES_PER_FUNCTION_MAX,
} from "@edge-fleet/runner/release/functionManifest";
import { ON_DEPLOY } from "@edge-fleet/runner/release/types";
import { METHODS, PRIORITY, parseRoute, routeFault } from "@edge-fleet/runner/routes/route";
import { cronFault } from "@edge-fleet/runner/schedules/cron";
import { SCHEDULE_SCOPES } from "@edge-fleet/runner/schedules/schedule";
import * as z from "zod";
import { container } from "./containerSchema.ts";
import { policies } from "./policySchema.ts";
import { distinct, keyed, regionCode, text } from "./schemaParts.ts";
import { resourceName, secret } from "./storeSchema.ts";

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

const ROUTE_REMEDY =
  "Use /hello, /users/:id, /api/* (which also matches /api), with a host api.example.com/*, with methods GET,POST /x.";

function routeTextFault(text: string): string | null {
  const route = parseRoute(text);
  if (route !== null) return routeFault(route);
  return text.includes("/") ? "is not [METHODS ][host]/path" : "has no / that its path starts with";
}

const routeText = text({
  fits: (route) => routeTextFault(route) === null,
  problem: (route) => `is not a route: it ${routeTextFault(route)}`,
  remedy: ROUTE_REMEDY,
}).meta({ pattern: "/" });

const anyPath = { host: null, methods: [], path: "/", priority: 0 };
const routePart = (part: "path" | "host", remedy: string) =>
  text({
    fits: (value) => routeFault({ ...anyPath, [part]: value }) === null,
    problem: (value) => `is not a route's ${part}: it ${routeFault({ ...anyPath, [part]: value })}`,
    remedy,
  });

const routeParts = keyed({
  path: routePart("path", "Use /hello, /users/:id or /api/* (which also matches /api).").describe("Path pattern."),
  host: routePart("host", "Use api.example.com, or *.example.com for every name below it.")
    .optional()
    .describe("Host name, or `*.` before one for every name below it. Default: any host."),
  methods: distinct(z.enum(METHODS as [string], { error: "is not a method that fetch can send" }))
    .min(1)
    .optional()
    .describe("Methods; `GET` takes `HEAD` too. Default: any method."),
  priority: z
    .int()
    .min(PRIORITY.min)
    .max(PRIORITY.max)
    .default(0)
    .describe("Of the routes that fit a request, the one with the highest priority answers, however specific it is."),
});

const variableName = text({
  fits: (name) => ENV_NAME.regex.test(name),
  problem: "is not a variable's name",
  remedy: "Use letters, digits and _, beginning with a letter or _.",
});

const ONE_KIND = `Write one of ${BINDING_KIND_NAMES.join(", ")} and a name: { kv: notes }.`;
const binding = keyed(
  Object.fromEntries(
    BINDING_KIND_NAMES.map((kind) => [kind, resourceName.optional().describe(`${BINDING_KINDS[kind].resource}.`)]),
  ) as Record<DeclaredKind, z.ZodOptional<typeof resourceName>>,
)
  .refine((kinds) => Object.keys(kinds).length > 0, {
    error: "does not say what the binding stands for",
    params: { remedy: ONE_KIND, isTooLittle: true },
  })
  .refine((kinds) => Object.keys(kinds).length <= 1, {
    error: "says more than one thing that the binding stands for",
    params: { remedy: ONE_KIND },
  })
  .meta({ minProperties: 1, maxProperties: 1 });

const schedule = keyed({
  cron: text({
    fits: (cron) => cronFault(cron) === null,
    problem: (cron) => `is not a cron expression: it ${cronFault(cron)}`,
    remedy:
      "Use five fields in UTC (minute, hour, day of month, month, day of week): */5 * * * *, or 30 2 * * MON-FRI.",
  }).describe("Five fields, in UTC: minute, hour, day of month, month, day of week."),
  scope: z
    .enum(SCHEDULE_SCOPES, { error: "is not a scope of a schedule" })
    .default("fleet")
    .describe("Where one run at a time of it is enough: `fleet`, each `region`, or each `node`."),
});

export const edgeFunction = keyed({
  routes: z
    .array(z.union([routeText, routeParts]))
    .max(ROUTES_PER_FUNCTION_MAX)
    .optional()
    .describe(
      "What it answers: `/hello`, `/users/:id`, `/api/*` (also matches `/api`), `api.example.com/*`, `GET,POST /x`, or a map of path, host, methods and priority. An empty list: only other functions reach it, as a binding. Default: `/<name>/*`.",
    ),
  limits: limits.prefault({}).describe("What the function may use, per node."),
  env: z
    .record(variableName, z.string())
    .default({})
    .describe("Plain variables, as text. Secrets do not belong here: a release is not secret."),
  secrets: z
    .record(variableName, secret)
    .default({})
    .describe(
      "Secrets by the variable that gets their value, by reference: `API_KEY: local:payments-key`, `ssm:/prod/payments-key`, `secretsmanager:payments#key`, or a file on the node.",
    ),
  bindings: z
    .record(variableName, binding)
    .default({})
    .describe("What `env` has beside variables, by its name there: `NOTES: { kv: notes }`."),
  egress: keyed({
    allow: distinct(
      text({
        fits: (rule) => EGRESS_RULE.regex.test(rule),
        problem: "is not a host that a function may be allowed",
        remedy: `Use ${EGRESS_RULE.gloss}.`,
      }),
    ).describe("`host`, `*.host`, or either with `:port`; without one any port. An empty list allows nothing."),
  })
    .optional()
    .describe("What the function may fetch. Default: every public address, and the stack's origins."),
  isolation: z
    .enum(["shared", "private"], { error: "is not a kind of isolation" })
    .default("shared")
    .describe("`private`: a worker process of its own, shared with no other function."),
  schedules: z
    .array(schedule)
    .max(SCHEDULES_PER_FUNCTION_MAX)
    .refine((all) => new Set(all.map(({ cron, scope }) => `${scope} ${cron}`)).size === all.length, {
      error: "has a schedule twice",
      params: { remedy: "Keep one of them." },
    })
    .default([])
    .describe('When its `scheduled` handler runs: `{ cron: "*/5 * * * *", scope: fleet }`.'),
  passThrough: text({
    fits: (origin) => ORIGIN.regex.test(origin),
    problem: "is not an origin",
    remedy: "Use https://, a host in lower case, and a port where it needs one: https://origin.example.com.",
  })
    .optional()
    .describe(
      "Origin that answers instead when the function throws after `ctx.passThroughOnException()`: a public one, or one of edge-fleet:origins. Default: none.",
    ),
  container: container
    .optional()
    .describe("The function is this image instead of code in `functions/`; `env` are its environment variables."),
  regions: distinct(regionCode).min(1).optional().describe("Regions that serve it. Default: every region."),
  cache: keyed({
    onDeploy: z
      .enum(ON_DEPLOY, { error: "is not one of keep, scope and purge" })
      .default("keep")
      .describe(
        "`keep`: copies serve on. `scope`: each version has its own. `purge`: as `scope`, and the old ones are forgotten.",
      ),
  })
    .optional()
    .describe(
      "What becomes of its copies in the cache when another version is deployed (docs/cache.md). Default: they are kept.",
    ),
  policies: policies
    .optional()
    .describe("What the door asks of every request for it, before the cache (docs/policies.md). Default: nothing."),
});
