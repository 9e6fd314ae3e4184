import * as pulumi from "@pulumi/pulumi";

/** Our own resources, by the name of their implementation in `providers.ts`. */
export type OwnKind = "certificate" | "release" | "function" | "node" | "hub" | "images" | "rollout";

/**
 * What a resource of ours does, as Pulumi's dynamic providers do it. Implementations are loaded when they are called,
 * so that no code of theirs gets into the state or into diffs.
 */
export interface OwnProvider<Inputs, Outputs extends Inputs> {
  /** What cannot work and what to do, before anything is touched: in preview, too. `olds` is null for a new resource. */
  check(olds: Inputs | null, news: Inputs): Promise<string[]>;
  create(inputs: Inputs): Promise<{ id: string; outs: Outputs }>;
  /** Null when the thing is gone. */
  read(id: string, outs: Outputs): Promise<Outputs | null>;
  changed(olds: Outputs, news: Inputs): boolean | Promise<boolean>;
  update(id: string, olds: Outputs, news: Inputs): Promise<Outputs>;
  delete(id: string, outs: Outputs): Promise<void>;
}

/** A resource of the package's own, with a readable type: `pulumi-nodejs:dynamic/edge:<type>`. */
export abstract class OwnResource extends pulumi.dynamic.Resource {
  constructor(kind: OwnKind, type: string, name: string, props: pulumi.Inputs, opts: pulumi.CustomResourceOptions) {
    super(dynamicProvider(kind), name, props, opts, "edge", type);
  }
}

/**
 * Only this wrapper is serialised into the state. It finds the package by its name from the project's folder, so the
 * state is the same wherever the project is.
 */
function dynamicProvider(kind: OwnKind): pulumi.dynamic.ResourceProvider {
  // biome-ignore lint/suspicious/noExplicitAny: the serialised text has no types
  const load = (): any =>
    require("node:module").createRequire(`${process.cwd()}/`)("edge-fleet/providers").dynamic[kind];
  return {
    check: (olds, news) => load().check(olds, news),
    create: (inputs) => load().create(inputs),
    read: (id, props) => load().read(id, props),
    diff: (id, olds, news) => load().diff(id, olds, news),
    update: (id, olds, news) => load().update(id, olds, news),
    delete: (id, props) => load().delete(id, props),
  };
}
