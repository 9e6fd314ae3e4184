import type * as pulumi from "@pulumi/pulumi";
import { EdgeComponent, type Transform, transformed } from "../component.ts";
import type { RegionName } from "../config/fleetConfig.ts";

// biome-ignore lint/suspicious/noExplicitAny: any resource's arguments; `ArgsOf` has their type
type ResourceClass = new (name: string, args: any, opts?: pulumi.CustomResourceOptions) => pulumi.Resource;
type ArgsOf<Class extends ResourceClass> = NonNullable<ConstructorParameters<Class>[1]>;

/** What a child may have beside its arguments. */
export interface ChildOptions<Args extends object> extends pulumi.CustomResourceOptions {
  readonly transform?: Transform<Args> | undefined;
}

/** A component of one AWS region. There is one provider for all regions, so each resource says itself where it is. */
export abstract class RegionalComponent extends EdgeComponent {
  readonly region: RegionName;

  constructor(
    type: `edge-fleet:aws:${string}`,
    name: string,
    region: RegionName,
    opts: pulumi.ComponentResourceOptions,
  ) {
    super(type, name, opts);
    this.region = region;
  }

  /** A resource of this component's region. */
  protected make<Class extends ResourceClass>(
    type: Class,
    suffix: string,
    args: ArgsOf<Class>,
    { transform, ...opts }: ChildOptions<ArgsOf<Class>> = {},
  ): InstanceType<Class> {
    const name = this.childName(suffix);
    const placed = transformed<ArgsOf<Class>>(transform, { ...args, region: this.region }, name);
    return new type(name, placed, this.childOf(opts)) as InstanceType<Class>;
  }

  /** The same for what has tags: one of them is its name, by which people find it. */
  protected makeNamed<Class extends ResourceClass>(
    type: Class,
    suffix: string,
    args: ArgsOf<Class>,
    opts: ChildOptions<ArgsOf<Class>> = {},
  ): InstanceType<Class> {
    return this.make(type, suffix, { ...args, tags: { Name: this.childName(suffix) } }, opts);
  }
}
