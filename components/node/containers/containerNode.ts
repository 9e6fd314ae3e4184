import { renderAgent } from "../agent.ts";
import type { NodeConfig, StoreAddress } from "../nodeConfig.ts";
import { renderNode } from "../renderNode.ts";
import { renderRunner } from "../runner.ts";
import { type NodeMachine, renderCompose } from "./compose.ts";
import { type ContainerFunction, functionHost } from "./functions.ts";
import type { NodeImages } from "./images.ts";
import { CONTAINER_LAYOUT } from "./layout.ts";
import { sizeOn } from "./limits.ts";
import { ANY_ADDRESS, RUNNER_ADDRESS } from "./services.ts";

const RELEASE_KEYS = "release.pub";

export interface ContainerNodeArgs {
  /** Its address is the machine's that the world reaches. */
  readonly node: NodeConfig;
  readonly machine: NodeMachine;
  readonly images: NodeImages;
  readonly functions: readonly ContainerFunction[];
  /** Where releases come from. Default: a folder of the machine's own. */
  readonly store?: StoreAddress;
  /** Keys of which one must have signed a release, PEM. Default: unsigned ones are taken. */
  readonly releaseKeys?: string | null;
}

/**
 * The files of a node whose services are containers, by path below the folder of `compose.yaml`. Beside them it wants the seccomp profile
 * (`seccomp.json`, which `nodeBundle` adds) and, with `countryMap`, the map (`etc/countries.map`).
 */
export function renderContainerNode(args: ContainerNodeArgs): Record<string, string> {
  const { machine, images, functions } = args;
  const node = { ...args.node, size: sizeOn(machine, args.node.size) };
  const containers = functions.map((wish) => ({ host: functionHost(wish), port: wish.port }));
  const inside = (address: string): NodeConfig => ({ ...node, address, containers });
  const { releaseKeys = null } = args;
  const files = {
    ...renderNode(inside(ANY_ADDRESS), CONTAINER_LAYOUT),
    "runner.json": renderRunner(inside(RUNNER_ADDRESS), CONTAINER_LAYOUT),
    "agent.json": renderAgent(inside(machine.adminAddress), {
      ...CONTAINER_LAYOUT,
      store: args.store ?? CONTAINER_LAYOUT.store,
      releaseKeys: releaseKeys === null ? null : `${CONTAINER_LAYOUT.etc}/${RELEASE_KEYS}`,
    }),
    ...(releaseKeys !== null && { [RELEASE_KEYS]: releaseKeys }),
  };
  return {
    ...Object.fromEntries(Object.entries(files).map(([name, text]) => [`etc/${name}`, text])),
    "compose.yaml": renderCompose(node, machine, images, functions),
  };
}
