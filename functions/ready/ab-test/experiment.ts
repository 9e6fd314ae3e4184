/** `{ "variants": { "control": { "weight": 90 }, "new": { "weight": 10, "path": "/new" } } }` */
export interface Experiment {
  readonly variants: Readonly<Record<string, Variant>>;
}
interface Variant {
  /** Its share is this of the sum of all; 0: nobody new, and those who have it stay. */
  readonly weight: number;
  /** What stands before the path at the upstream. Default: nothing. */
  readonly path?: string;
}

const VARIANTS_MAX = 20;
const VARIANT_NAME = /^[a-z0-9-]{1,32}$/;
const PATH = /^(\/[\w.~-]+)*$/;

/** What is wrong with something that should be an experiment; nothing when it is one. */
export function experimentFault(value: unknown): string | undefined {
  const variants = isMap(value) ? value.variants : undefined;
  if (!isMap(variants)) return "it has no map `variants`";
  const entries = Object.entries(variants);
  if (entries.length === 0 || entries.length > VARIANTS_MAX) return `it has not 1 to ${VARIANTS_MAX} variants`;
  for (const [name, variant] of entries) {
    if (!VARIANT_NAME.test(name)) return `the name ${JSON.stringify(name)} is not 1 to 32 of a–z, 0–9 and -`;
    if (!isMap(variant)) return `variants.${name} is no map`;
    const { weight, path = "" } = variant;
    if (typeof weight !== "number" || !(weight >= 0 && weight <= 1e6))
      return `variants.${name}.weight is no number from 0 to 1000000`;
    if (typeof path !== "string" || !PATH.test(path) || path.split("/").some((part) => part === "." || part === ".."))
      return `variants.${name}.path is no path such as /new`;
  }
  if (entries.every(([, variant]) => (variant as unknown as Variant).weight === 0)) return "all weights are 0";
  return undefined;
}

/**
 * The variant that a visitor had, where the experiment still has it; else the one in whose part of the weights `share` lies.
 *
 * @param share 0 up to 1.
 */
export function chosenVariant(
  { variants }: Experiment,
  had: string | undefined,
  share: number,
): { readonly variant: string; readonly path: string } {
  const entries = Object.entries(variants);
  const total = entries.reduce((sum, [, { weight }]) => sum + weight, 0);
  let rest = share * total;
  const drawn = entries.find(([, { weight }]) => {
    rest -= weight;
    return rest < 0;
  });
  const kept = had !== undefined && Object.hasOwn(variants, had) ? ([had, variants[had]] as const) : undefined;
  const [variant, chosen] = kept ?? drawn ?? (entries[0] as [string, Variant]);
  return { variant, path: chosen?.path ?? "" };
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
