import { canonicalJson } from "@edge-fleet/runner/release/canonicalJson";
import { readRelease } from "@edge-fleet/runner/release/manifest";
import type { ReleasedFunction } from "@edge-fleet/runner/release/types";
import { openCloudStore } from "../aws/store/cloudPlace.ts";
import type { OwnProvider } from "../ownResource.ts";
import type { FunctionSummary } from "./edgeFunction.ts";
import { releasePlace } from "./releasePlace.ts";

interface EdgeFunctionInputs extends FunctionSummary {
  /** Address of its release store. Default: the fleet is on this machine. */
  readonly store?: string;
}

interface EdgeFunctionOutputs extends EdgeFunctionInputs {
  readonly live: string;
}

/** Writes nothing: the store beside it has written all functions at once. It tells the plan what is declared, and the state what is live. */
export const edgeFunctionProvider: OwnProvider<EdgeFunctionInputs, EdgeFunctionOutputs> = {
  check: async () => [],
  create: async (inputs) => ({ id: inputs.name, outs: await withLive(inputs) }),
  read: (_id, outs) => withLive(outs),
  changed: (olds, news) => {
    const { live: _, ...declared } = olds;
    return canonicalJson(declared) !== canonicalJson(news);
  },
  update: (_id, _olds, news) => withLive(news),
  async delete() {
    // The store's next release is without it.
  },
};

async function withLive<Inputs extends EdgeFunctionInputs>(
  inputs: Inputs,
): Promise<Inputs & { readonly live: string }> {
  return { ...inputs, live: showLive((await liveFunctions(inputs.store)).get(inputs.name), inputs.version) };
}

/** What is live of a function, and how that differs from what is declared. */
export function showLive(released: ReleasedFunction | undefined, declared: string): string {
  if (released === undefined) return "not deployed";
  const { number, manifest, status, split, deployed } = released;
  const parts = [`v${number}`];
  if (status === "disabled") parts.push("disabled");
  if (split !== null) parts.push(`${split.percent} % of its visitors get v${split.number}`);
  if (manifest.version !== declared) {
    parts.push(`not as declared: by ${deployed.by} at ${deployed.at}${deployed.reason && ` (${deployed.reason})`}`);
  }
  return parts.join(", ");
}

interface LiveTable {
  readonly where: string;
  readonly stamp: string;
  readonly functions: ReadonlyMap<string, ReleasedFunction>;
}
let known: LiveTable | undefined;

/** The live table by name; read once for all functions of an `up`. */
async function liveFunctions(address: string | undefined): Promise<LiveTable["functions"]> {
  const store = await (address === undefined ? releasePlace(undefined).open() : openCloudStore(address));
  const found = (await store?.readCurrent()) ?? null;
  if (store === null || found === null) return new Map();
  if (known?.stamp !== found.etag || known.where !== store.where) {
    const { functions } = readRelease(found.current, await store.readRelease(found.current.release));
    known = {
      ...{ where: store.where, stamp: found.etag },
      functions: new Map(functions.map((released) => [released.name, released])),
    };
  }
  return known.functions;
}
