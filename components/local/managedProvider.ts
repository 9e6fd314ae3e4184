import { canonicalJson } from "@edge-fleet/runner/release/canonicalJson";
import type { OwnProvider } from "../ownResource.ts";
import { type Footprint, footprintProblems } from "./footprint.ts";
import { applyNode, createNode, deleteNode, type ManagedNode, runningDigests } from "./managedNode.ts";
import { stateDir } from "./stateDir.ts";

/** The country database of a fleet. */
export interface GeoipInputs {
  /** Path relative to the project. */
  readonly database: string;
  readonly digest: string;
}

/** What the plan shows of a node or the hub: its config, and digests of all that it is made from. */
export interface ManagedInputs {
  readonly config: { readonly address: string };
  readonly geoip: GeoipInputs | null;
  /** Digest of the package's own programs. */
  readonly code: string;
  /** Digest by service: what differs from the running one is restarted. */
  readonly services: Readonly<Record<string, string>>;
}

interface Description<Inputs> {
  readonly footprint: (inputs: Inputs) => Footprint;
  readonly node: (inputs: Inputs, root: string) => ManagedNode;
  /** What else goes when the node goes. */
  readonly forget?: (inputs: Inputs, root: string) => Promise<void>;
}

/** A provider for processes on this machine under a process manager: the same for a region's node and for the hub. */
export function managedProvider<Inputs extends ManagedInputs>(of: Description<Inputs>): OwnProvider<Inputs, Inputs> {
  const root = () => stateDir(process.cwd());
  const remove = async (inputs: Inputs) => {
    await deleteNode(root(), of.footprint(inputs).name);
    await of.forget?.(inputs, root());
  };
  return {
    check: (olds, news) => footprintProblems(root(), of.footprint(news), olds === null ? null : of.footprint(olds)),
    async create(inputs) {
      await createNode(root(), of.node(inputs, root()));
      return { id: of.footprint(inputs).name, outs: inputs };
    },
    async read(_id, outs) {
      const services = await runningDigests(root(), of.footprint(outs).name);
      return services === null ? null : { ...outs, services };
    },
    changed: (olds, news) => compared(olds) !== compared(news),
    async update(_id, olds, news) {
      if (of.footprint(olds).name !== of.footprint(news).name) await remove(olds);
      try {
        await applyNode(root(), of.node(news, root()));
      } catch (error) {
        // The engine keeps what it knew, so that must be what runs.
        const goBack = async () => applyNode(root(), of.node(olds, root()));
        await goBack().catch((again: Error) => {
          throw new Error(`${(error as Error).message}\nGoing back failed, too: ${again.message}`, { cause: error });
        });
        throw error;
      }
      return news;
    },
    delete: (_id, outs) => remove(outs),
  };
}

function compared({ config, geoip, code, services }: ManagedInputs): string {
  // The engine gives objects back with their keys in another order.
  return canonicalJson([config, geoip, code, services]);
}
