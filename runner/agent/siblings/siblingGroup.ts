import { Resolver } from "node:dns/promises";
import { AutoScalingClient, DescribeAutoScalingGroupsCommand } from "@aws-sdk/client-auto-scaling";
import type { MachineConfig } from "../machine/config.ts";
import type { Sibling, SiblingList } from "./siblingList.ts";

/** All attempts of a call included, ms. */
const CALL_MS = 5_000;
const DNS = { timeout: 1_000, tries: 2 };
/** What a name server says of a machine that is not there yet, or not any more. */
const UNKNOWN = new Set(["ENOTFOUND", "ENODATA"]);

/**
 * The machines of the node's auto scaling group that are in service. Their addresses are those of their names in the network's own DNS, which
 * are made of their ids: it needs no further right, and EC2's client would take 58 MB of the agent's memory.
 */
export class SiblingGroup implements SiblingList {
  /** Amazon's quotas are the account's, for all nodes of a region together. */
  readonly everyMs = 10_000;
  readonly #node: string;
  readonly #machine: MachineConfig;
  readonly #groups: AutoScalingClient;
  readonly #resolver = new Resolver(DNS);
  /** By id: a machine keeps its address. */
  #addresses: ReadonlyMap<string, string> = new Map();

  /** @param node id of the machine itself. */
  constructor(node: string, machine: MachineConfig) {
    this.#node = node;
    this.#machine = machine;
    const { region, endpoint, resolvers } = machine;
    this.#groups = new AutoScalingClient({ region, ...(endpoint !== null && { endpoint }), maxAttempts: 2 });
    if (resolvers !== null) this.#resolver.setServers(resolvers);
  }

  /** Begins with the machine after this one, so that a group that loses a machine shares its load. */
  async read(): Promise<readonly Sibling[]> {
    const ids = (await this.#inService()).toSorted();
    const after = ids.findIndex((id) => id > this.#node);
    const turned = after === -1 ? ids : [...ids.slice(after), ...ids.slice(0, after)];
    const found = await Promise.all(
      turned.map(async (id) => ({ name: id, address: this.#addresses.get(id) ?? (await this.#addressOf(id)) })),
    );
    const siblings = found.filter((one): one is Sibling => one.address !== null);
    this.#addresses = new Map(siblings.map(({ name, address }) => [name, address]));
    return siblings;
  }

  async #inService(): Promise<string[]> {
    const { group } = this.#machine;
    const { AutoScalingGroups: [found] = [] } = await this.#groups.send(
      new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [group] }),
      { abortSignal: AbortSignal.timeout(CALL_MS) },
    );
    if (found === undefined) throw new Error(`there is no auto scaling group ${group}`);
    return (found.Instances ?? [])
      .filter(({ LifecycleState }) => LifecycleState === "InService")
      .flatMap(({ InstanceId }) => InstanceId ?? [])
      .filter((id) => id !== this.#node);
  }

  /** Null while its name is not known. */
  async #addressOf(id: string): Promise<string | null> {
    try {
      const [address = null] = await this.#resolver.resolve4(machineName(id, this.#machine.region));
      return address;
    } catch (error) {
      if (UNKNOWN.has((error as NodeJS.ErrnoException).code ?? "")) return null;
      throw error;
    }
  }
}

/** Resource-based name: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/hostname-types.html. */
function machineName(id: string, region: string): string {
  return region === "us-east-1" ? `${id}.ec2.internal` : `${id}.${region}.compute.internal`;
}
