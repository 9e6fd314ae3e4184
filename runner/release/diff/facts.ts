import { LIMIT_NAMES } from "../../limits.ts";
import type { Policies } from "../../policies/policies.ts";
import { showRoute } from "../../routes/route.ts";
import { canonicalJson } from "../canonicalJson.ts";
import { bundleBytes } from "../functionManifest.ts";
import type { FunctionManifest, NumberedVersion, ReleasedFunction } from "../types.ts";

/** One thing that people may be told of a function: a value, or several by name. */
export type Fact =
  | { readonly what: string; readonly value: string }
  /** `items`: what is compared, by what is shown. Values of variables are compared and never shown. */
  | { readonly what: string; readonly items: ReadonlyMap<string, string> };

/** All of a function that a deploy can change, in the order in which it is told; never its code, nor a variable's value. */
export function factsOf({ number, manifest, status, split, previews, owner }: ReleasedFunction): Fact[] {
  return [
    { what: "version", value: showVersion({ number, manifest }) },
    { what: "status", value: status },
    { what: "split", value: split === null ? "none" : `${split.percent} % to ${showVersion(split)}` },
    { what: "guard", value: split?.guard == null ? "none" : canonicalJson(split.guard) },
    ...manifestFacts(manifest),
    { what: "previews", items: named(previews.map(showVersion)) },
    { what: "owner", value: owner },
  ];
}

/** `v7 (0123456789abcdef)`. */
export function showVersion({ number, manifest }: NumberedVersion): string {
  return `v${number} (${manifest.version})`;
}

function manifestFacts(manifest: FunctionManifest): Fact[] {
  const { modules, assets, routes, limits, env, secrets, bindings, schedules, policies } = manifest;
  const code = modules.filter(({ type }) => type !== "map");
  return [
    { what: "code", items: new Map([[showBytes(bundleBytes(modules)), canonicalJson(code)]]) },
    { what: "assets", items: new Map(assets.map(({ name, sha256 }) => [name, sha256])) },
    { what: "routes", items: named(routes.map(showRoute)) },
    { what: "regions", items: named(manifest.regions.length === 0 ? ["all"] : manifest.regions) },
    ...LIMIT_NAMES.map((limit) => ({ what: `limits.${limit}`, value: `${limits[limit]}` })),
    { what: "env", items: new Map(Object.entries(env)) },
    { what: "secrets", items: named(Object.entries(secrets).map(([variable, secret]) => `${variable} (${secret})`)) },
    {
      what: "bindings",
      items: named(Object.entries(bindings).map(([variable, { kind, name }]) => `${variable} (${kind} ${name})`)),
    },
    { what: "egress", items: named(manifest.egress.allow ?? ["any public address"]) },
    { what: "isolation", value: manifest.isolation },
    { what: "schedules", items: named(schedules.map(({ cron, scope }) => `${cron} (${scope})`)) },
    { what: "passThrough", value: manifest.passThrough ?? "none" },
    { what: "policies", items: new Map(Object.entries(asked(policies))) },
    { what: "entry", value: manifest.entry },
  ];
}

/** Policies that ask something, each as text: their values may be secrets' names and keys' hashes. */
function asked(policies: Policies | undefined): Record<string, string> {
  const entries = Object.entries(policies ?? {}).map(([name, value]) => [name, canonicalJson(value)] as const);
  return Object.fromEntries(entries.filter(([, text]) => !["null", "{}", "[]"].includes(text)));
}

function named(names: readonly string[]): Map<string, string> {
  return new Map(names.map((name) => [name, ""]));
}

/** `12.3 KB`, by thousands. */
export function showBytes(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  const [divisor, unit] = bytes < 1_000_000 ? [1_000, "KB"] : [1_000_000, "MB"];
  return `${(bytes / Number(divisor)).toFixed(1)} ${unit}`;
}
