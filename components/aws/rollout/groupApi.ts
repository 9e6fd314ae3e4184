import {
  AutoScalingClient,
  DescribeAutoScalingGroupsCommand,
  DescribeInstanceRefreshesCommand,
  type InstanceRefresh,
  RollbackInstanceRefreshCommand,
  StartInstanceRefreshCommand,
  type StartInstanceRefreshCommandInput,
} from "@aws-sdk/client-auto-scaling";
import { DescribeTargetHealthCommand, ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";

export interface GroupState {
  readonly desired: number;
  /** Launch template's version by each machine that is in service. */
  readonly inService: readonly (number | null)[];
  /** Ids of those machines: names of the nodes that they are. */
  readonly machines: readonly string[];
  /** Machines in any other state of their lives. */
  readonly others: number;
  /** Version with which the group starts machines. */
  readonly version: number | null;
}

export type Refresh = Pick<InstanceRefresh, "InstanceRefreshId" | "Status" | "StatusReason" | "PercentageComplete"> & {
  readonly version: number | null;
};

/** What a rollout asks of Amazon in one region. */
export class GroupApi implements Disposable {
  readonly #groups: AutoScalingClient;
  readonly #balancers: ElasticLoadBalancingV2Client;
  readonly #name: string;

  constructor(region: string, groupName: string) {
    this.#groups = new AutoScalingClient({ region });
    this.#balancers = new ElasticLoadBalancingV2Client({ region });
    this.#name = groupName;
  }

  /** Null when there is no such group. */
  async group(): Promise<GroupState | null> {
    const { AutoScalingGroups = [] } = await this.#groups.send(
      new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [this.#name] }),
    );
    const group = AutoScalingGroups[0];
    if (group === undefined) return null;
    const instances = group.Instances ?? [];
    const inService = instances.filter(({ LifecycleState }) => LifecycleState === "InService");
    const template = group.MixedInstancesPolicy?.LaunchTemplate?.LaunchTemplateSpecification ?? group.LaunchTemplate;
    return {
      desired: group.DesiredCapacity ?? 0,
      inService: inService.map(({ LaunchTemplate }) => versionOf(LaunchTemplate?.Version)),
      machines: inService.flatMap(({ InstanceId }) => InstanceId ?? []),
      others: instances.length - inService.length,
      version: versionOf(template?.Version),
    };
  }

  /** Targets of a group that the load balancer finds healthy. */
  async healthyTargets(targetGroupArn: string): Promise<number> {
    const { TargetHealthDescriptions = [] } = await this.#balancers.send(
      new DescribeTargetHealthCommand({ TargetGroupArn: targetGroupArn }),
    );
    return TargetHealthDescriptions.filter(({ TargetHealth }) => TargetHealth?.State === "healthy").length;
  }

  /** The newest refresh, whoever began it; null before the first. */
  async newestRefresh(): Promise<Refresh | null> {
    const { InstanceRefreshes = [] } = await this.#groups.send(
      new DescribeInstanceRefreshesCommand({ AutoScalingGroupName: this.#name, MaxRecords: 1 }),
    );
    const refresh = InstanceRefreshes[0];
    if (refresh === undefined) return null;
    const wanted = refresh.DesiredConfiguration?.MixedInstancesPolicy?.LaunchTemplate?.LaunchTemplateSpecification;
    return { ...refresh, version: versionOf(wanted?.Version) };
  }

  async startRefresh(wanted: Omit<StartInstanceRefreshCommandInput, "AutoScalingGroupName">): Promise<void> {
    await this.#groups.send(new StartInstanceRefreshCommand({ ...wanted, AutoScalingGroupName: this.#name }));
  }

  async rollBack(): Promise<void> {
    await this.#groups.send(new RollbackInstanceRefreshCommand({ AutoScalingGroupName: this.#name }));
  }

  [Symbol.dispose](): void {
    this.#groups.destroy();
    this.#balancers.destroy();
  }
}

function versionOf(text: string | undefined): number | null {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : null;
}
