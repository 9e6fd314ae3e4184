import { canonicalJson } from "@edge-fleet/runner/release/canonicalJson";
import { FolderStore } from "@edge-fleet/runner/release/folderStore";
import { readRelease } from "@edge-fleet/runner/release/manifest";
import type { ReleasedFunction } from "@edge-fleet/runner/release/types";
import { stateDir, statePaths } from "../local/stateDir.ts";
import type { OwnProvider } from "../ownResource.ts";
import type { FunctionSummary } from "./edgeFunction.ts";

interface EdgeFunctionOutputs extends FunctionSummary {
  readonly live: string;
}

/** Writes nothing: the store beside it has written all functions at once. It tells the plan what is declared, and the state what is live. */
export const edgeFunctionProvider: OwnProvider<FunctionSummary, EdgeFunctionOutputs> = {
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

async function withLive<Inputs extends FunctionSummary>(inputs: Inputs): Promise<Inputs & { readonly live: string }> {
  return { ...inputs, live: showLive((await liveFunctions()).get(inputs.name), inputs.version) };
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

let known: { readonly stamp: string; readonly functions: ReadonlyMap<string, ReleasedFunction> } | undefined;

/** The live table by name; read once for all functions of an `up`. */
async function liveFunctions(): Promise<ReadonlyMap<string, ReleasedFunction>> {
  const store = new FolderStore(statePaths(stateDir(process.cwd())).store);
  const found = await store.readCurrent();
  if (found === null) return new Map();
  if (known?.stamp !== found.etag) {
    const { functions } = readRelease(found.current, await store.readRelease(found.current.release));
    known = { stamp: found.etag, functions: new Map(functions.map((released) => [released.name, released])) };
  }
  return known.functions;
}
