import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import {
  AutoScalingClient,
  CreateAutoScalingGroupCommand,
  CreateLaunchConfigurationCommand,
  DescribeAutoScalingGroupsCommand,
  SetDesiredCapacityCommand,
} from "@aws-sdk/client-auto-scaling";
import { REGION } from "./moto.ts";

/** An auto scaling group of a moto server; its machines are ids. */
export class MotoGroup {
  readonly name = "edge-test-eu-central-1";
  readonly #client: AutoScalingClient;

  constructor(endpoint: string) {
    this.#client = new AutoScalingClient({ region: REGION, endpoint });
  }

  async create(machines: number): Promise<void> {
    const LaunchConfigurationName = "machines";
    await this.#client.send(
      new CreateLaunchConfigurationCommand({
        LaunchConfigurationName,
        ImageId: "ami-12c6146b",
        InstanceType: "t4g.small",
      }),
    );
    const sizes = { MinSize: 0, MaxSize: 9, DesiredCapacity: machines };
    const place = { AutoScalingGroupName: this.name, AvailabilityZones: [`${REGION}a`] };
    await this.#client.send(new CreateAutoScalingGroupCommand({ ...place, ...sizes, LaunchConfigurationName }));
  }

  async resize(DesiredCapacity: number): Promise<void> {
    await this.#client.send(new SetDesiredCapacityCommand({ AutoScalingGroupName: this.name, DesiredCapacity }));
  }

  /** Ids of its machines, sorted. */
  async machines(): Promise<string[]> {
    const asked = new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [this.name] });
    const { AutoScalingGroups: [group] = [] } = await this.#client.send(asked);
    return (group?.Instances ?? []).flatMap(({ InstanceId }) => InstanceId ?? []).toSorted();
  }

  [Symbol.dispose](): void {
    this.#client.destroy();
  }
}

/** The DNS of a machines' network: names without an address are not known. */
export class NetworkDns {
  readonly addresses = new Map<string, string>();
  readonly asked: string[] = [];
  isSilent = false;
  readonly #socket: Socket = createSocket("udp4");

  async start(): Promise<void> {
    this.#socket.on("message", (query, { address, port }) => {
      if (!this.isSilent) this.#socket.send(this.#answer(query), port, address);
    });
    this.#socket.bind(0, "127.0.0.1");
    await once(this.#socket, "listening");
  }

  get server(): string {
    return `127.0.0.1:${(this.#socket.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.#socket.close();
  }

  /** One question in, at most one address out: RFC 1035. */
  #answer(query: Buffer): Buffer {
    const labels: string[] = [];
    let at = 12;
    for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
      labels.push(query.toString("latin1", at + 1, at + 1 + length));
      at += length + 1;
    }
    const question = query.subarray(12, at + 5);
    const name = labels.join(".");
    this.asked.push(name);
    const address = this.addresses.get(name);
    const header = Buffer.from(query.subarray(0, 12));
    header.writeUInt16BE(address === undefined ? 0x8183 : 0x8180, 2);
    for (const [offset, count] of [4, 6, 8, 10].map((place, index) => [place, index === 0 ? 1 : 0] as const)) {
      header.writeUInt16BE(count, offset);
    }
    if (address === undefined) return Buffer.concat([header, question]);
    header.writeUInt16BE(1, 6);
    // A pointer to the question's name, type A, class IN, a minute, four bytes.
    const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...address.split(".").map(Number)]);
    return Buffer.concat([header, question, record]);
  }
}
