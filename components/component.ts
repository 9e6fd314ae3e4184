import * as pulumi from "@pulumi/pulumi";

/**
 * The escape hatch of every component: changes the arguments of one child before it is made, by values that replace
 * its own or by a function of them.
 */
export type Transform<Args> = Partial<Args> | ((args: Args, name: string) => Args);

export function transformed<Args extends object>(
  transform: Transform<Args> | undefined,
  args: Args,
  name: string,
): Args {
  return typeof transform === "function" ? transform(args, name) : { ...args, ...transform };
}

/**
 * Base of all components. A child's logical name starts with its parent's, so that names stay unique and a plan can
 * be read: `edge-ap-northeast-1-node`.
 */
export abstract class EdgeComponent extends pulumi.ComponentResource {
  readonly #name: string;

  constructor(type: `edge-fleet:${string}:${string}`, name: string, opts: pulumi.ComponentResourceOptions) {
    super(type, name, {}, opts);
    this.#name = name;
  }

  protected childName(suffix: string): string {
    return `${this.#name}-${suffix}`;
  }

  /** Options that make a resource a child of this component. */
  protected childOf<Options extends pulumi.ResourceOptions>(options?: Options): Options & { parent: pulumi.Resource } {
    return { ...(options as Options), parent: this };
  }
}
