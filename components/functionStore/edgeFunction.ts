import { showBytes } from "@edge-fleet/runner/release/diff/facts";
import { bundleBytes } from "@edge-fleet/runner/release/functionManifest";
import type { FunctionManifest } from "@edge-fleet/runner/release/types";
import { showRoute } from "@edge-fleet/runner/routes/route";
import type * as pulumi from "@pulumi/pulumi";
import { OwnResource } from "../ownResource.ts";

/** What a plan shows of a function: what people decide, and how much it is; neither code nor values of variables. */
export interface FunctionSummary {
  readonly name: string;
  /** Changes with anything that nodes are given, code and variables' values included. */
  readonly version: string;
  /** Size of what an isolate loads. */
  readonly code: string;
  /** Number of static assets, and their size. */
  readonly assets: string;
  readonly routes: readonly string[];
  /** Empty means all. */
  readonly regions: readonly string[];
  readonly limits: Readonly<Record<string, number>>;
  /** Names of variables. */
  readonly env: readonly string[];
  /** Name of a secret by the variable that gets its value. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Kind and name by the variable that stands for it. */
  readonly bindings: Readonly<Record<string, string>>;
  /** Hosts that it reaches; null means any public one. */
  readonly egress: readonly string[] | null;
  readonly isolation: string;
  readonly schedules: readonly string[];
  readonly passThrough: string | null;
  /** Names of what is asked of requests before the function. */
  readonly policies: readonly string[];
}

export function summaryOf(manifest: FunctionManifest): FunctionSummary {
  const { name, version, modules, assets, routes, limits, env, secrets, bindings, egress } = manifest;
  const assetBytes = assets.reduce((sum, { bytes }) => sum + bytes, 0);
  return {
    name,
    version,
    code: showBytes(bundleBytes(modules)),
    assets: assets.length === 0 ? "none" : `${assets.length} of ${showBytes(assetBytes)}`,
    routes: routes.map(showRoute),
    regions: manifest.regions,
    limits,
    env: Object.keys(env).sort(),
    secrets,
    bindings: Object.fromEntries(Object.entries(bindings).map(([key, { kind, name }]) => [key, `${kind} ${name}`])),
    egress: egress.allow,
    isolation: manifest.isolation,
    schedules: manifest.schedules.map(({ cron, scope }) => `${cron} (${scope})`),
    passThrough: manifest.passThrough,
    policies: Object.entries(manifest.policies ?? {}).flatMap(([policy, asked]) => (isEmpty(asked) ? [] : [policy])),
  };
}

export interface EdgeFunctionArgs {
  readonly manifest: FunctionManifest;
  /** Address of the release store. Null: the folder of the fleet on this machine. */
  readonly store: string | null;
}

/** One function of a program. It is written by its `FunctionStore`, with all others; a refresh tells what is live of it. */
export class EdgeFunction extends OwnResource {
  /** `v7`, and what else serves or is different; as of the last `up` or refresh. */
  declare readonly live: pulumi.Output<string>;

  constructor(name: string, { manifest, store }: EdgeFunctionArgs, opts: pulumi.CustomResourceOptions) {
    const place = store === null ? {} : { store };
    super("function", "EdgeFunction", name, { ...summaryOf(manifest), ...place, live: undefined }, opts);
  }
}

function isEmpty(asked: unknown): boolean {
  return asked === null || (typeof asked === "object" && Object.keys(asked).length === 0);
}
