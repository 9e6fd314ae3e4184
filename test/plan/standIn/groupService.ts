import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { hash } from "./types.ts";

interface Group {
  version: string;
  refresh: { readonly id: string; readonly version: string; status: string; looks: number } | null;
}

interface ImagesAsked {
  readonly repositoryName: string;
  readonly imageIds: readonly { readonly imageDigest: string }[];
}

/** Looks at a refresh, or for an image, until it is over. */
const LOOKS = 2;
const MACHINES = 2;

/**
 * A stand-in for what rollouts ask of Auto Scaling and of the load balancer's targets, over Amazon's query protocol, and for what is asked of registries. Machines take a new version after a few looks; a
 * refresh of a group whose name has `failing` in it fails and is taken back. It proves the program, never the cloud.
 */
export class GroupService {
  /** `<action> <group> <version>` of what changed something, in the order in which it came. */
  readonly seen: string[] = [];
  /** Part of the names of groups whose refreshes fail. */
  failing: string | null = null;
  /** Region whose registry gets no images; the others have them at the second look. */
  withoutImages: string | null = null;
  readonly #groups = new Map<string, Group>();
  readonly #looks = new Map<string, number>();
  #server: Server | null = null;

  /** Once is enough. */
  async start(): Promise<void> {
    if (this.#server !== null) return;
    this.#server = createServer(async (request, response) => {
      const body = Buffer.concat(await request.toArray()).toString();
      const target = request.headers["x-amz-target"];
      if (typeof target === "string") {
        const region = request.headers.authorization?.split("/")[2] ?? "";
        const { status, answer } = this.#registryAnswer(target, region, JSON.parse(body));
        response.writeHead(status, { "content-type": "application/x-amz-json-1.1" });
        response.end(JSON.stringify(answer));
        return;
      }
      const asked = new URLSearchParams(body);
      const action = asked.get("Action") ?? "";
      const result = this.#answer(action, asked);
      response.writeHead(200, { "content-type": "text/xml" });
      response.end(`<${action}Response><${action}Result>${result}</${action}Result></${action}Response>`);
    });
    await new Promise<void>((resolve) => this.#server?.listen(0, "127.0.0.1", resolve));
  }

  stop(): void {
    this.#server?.closeAllConnections();
    this.#server?.close();
  }

  /** Environment with which Amazon's clients come here. */
  get env(): Record<string, string> {
    if (this.#server === null) throw new Error("start it first");
    const endpoint = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return {
      AWS_ENDPOINT_URL_AUTO_SCALING: endpoint,
      AWS_ENDPOINT_URL_ECR: endpoint,
      AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2: endpoint,
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
    };
  }

  #answer(action: string, asked: URLSearchParams): string {
    const name = asked.get("AutoScalingGroupName") ?? asked.get("AutoScalingGroupNames.member.1") ?? "";
    const group = this.#groups.get(name) ?? { version: "1", refresh: null };
    this.#groups.set(name, group);
    switch (action) {
      case "DescribeAutoScalingGroups":
        return groupXml(name, group.version);
      case "DescribeInstanceRefreshes":
        return this.#refreshXml(name, group);
      case "StartInstanceRefresh": {
        const key = "DesiredConfiguration.MixedInstancesPolicy.LaunchTemplate.LaunchTemplateSpecification.Version";
        const version = asked.get(key) ?? "";
        this.seen.push(`${action} ${name} ${version}`);
        group.refresh = { id: `r-${hash(`${name}${version}`)}`, version, status: "InProgress", looks: 0 };
        return `<InstanceRefreshId>${group.refresh.id}</InstanceRefreshId>`;
      }
      case "RollbackInstanceRefresh":
        this.seen.push(`${action} ${name}`);
        return "";
      case "DescribeTargetHealth":
        return `<TargetHealthDescriptions>${member("<TargetHealth><State>healthy</State></TargetHealth>").repeat(MACHINES)}</TargetHealthDescriptions>`;
      default:
        throw new Error(`the stand-in does not know ${action}`);
    }
  }

  #registryAnswer(target: string, region: string, { repositoryName, imageIds }: ImagesAsked) {
    if (!target.endsWith(".DescribeImages")) throw new Error(`the stand-in does not know ${target}`);
    const place = `${region}/${repositoryName}@${imageIds[0]?.imageDigest}`;
    const looks = (this.#looks.get(place) ?? 0) + 1;
    this.#looks.set(place, looks);
    if (region === this.withoutImages || looks < LOOKS) {
      return { status: 400, answer: { __type: "ImageNotFoundException", message: `${place} is not there` } };
    }
    return { status: 200, answer: { imageDetails: [{ repositoryName, ...imageIds[0] }] } };
  }

  #refreshXml(name: string, group: Group): string {
    const { refresh } = group;
    if (refresh === null) return "<InstanceRefreshes/>";
    if (++refresh.looks >= LOOKS && refresh.status === "InProgress") {
      const fails = this.failing !== null && name.includes(this.failing);
      refresh.status = fails ? "RollbackSuccessful" : "Successful";
      if (!fails) group.version = refresh.version;
    }
    const template = `<LaunchTemplate><LaunchTemplateSpecification><Version>${refresh.version}</Version></LaunchTemplateSpecification></LaunchTemplate>`;
    const desired = `<DesiredConfiguration><MixedInstancesPolicy>${template}</MixedInstancesPolicy></DesiredConfiguration>`;
    const state = `<InstanceRefreshId>${refresh.id}</InstanceRefreshId><Status>${refresh.status}</Status><StatusReason>of the stand-in</StatusReason>`;
    return `<InstanceRefreshes>${member(`${state}${desired}`)}</InstanceRefreshes>`;
  }
}

/** Ids of the machines that a group has. */
export function machinesOf(group: string): string[] {
  return Array.from(
    { length: MACHINES },
    (_, index) => `i-${hash(`${group}/${index}`).toString(16).padStart(17, "0")}`,
  );
}

function groupXml(name: string, version: string): string {
  const specification = `<LaunchTemplateSpecification><Version>${version}</Version></LaunchTemplateSpecification>`;
  const policy = `<MixedInstancesPolicy><LaunchTemplate>${specification}</LaunchTemplate></MixedInstancesPolicy>`;
  const machines = machinesOf(name).map((id) =>
    member(
      `<InstanceId>${id}</InstanceId><LifecycleState>InService</LifecycleState><LaunchTemplate><Version>${version}</Version></LaunchTemplate>`,
    ),
  );
  const instances = `<Instances>${machines.join("")}</Instances>`;
  const group = `<AutoScalingGroupName>${name}</AutoScalingGroupName><DesiredCapacity>${MACHINES}</DesiredCapacity>${policy}${instances}`;
  return `<AutoScalingGroups>${member(group)}</AutoScalingGroups>`;
}

function member(xml: string): string {
  return `<member>${xml}</member>`;
}
