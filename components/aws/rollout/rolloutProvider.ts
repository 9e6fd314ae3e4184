import { setTimeout as delay } from "node:timers/promises";
import type { StartInstanceRefreshCommandInput } from "@aws-sdk/client-auto-scaling";
import type { OwnProvider } from "../../ownResource.ts";
import type { GroupApi, Refresh } from "./groupApi.ts";

/** `RolloutArgs`, known. */
export interface RolloutInputs {
  readonly region: string;
  readonly groupName: string;
  readonly targetGroupArns: readonly string[];
  readonly launchTemplateId: string;
  readonly launchTemplateVersion: number;
  readonly bundle: string;
  readonly machineImage: string;
  readonly instanceTypes: readonly string[];
  readonly spotPercent: number;
  readonly nodes: number;
  readonly alarmNames: readonly string[];
  readonly bakeMinutes: number;
  readonly timeoutMinutes: number;
}

/** How often Amazon is asked how far a roll is: often at first, for what is there already, then as often as its quotas like. */
const LOOK = { firstMs: 250, mostMs: 10_000 };
/** Machines start in the group's first minutes; a check of the first ones before the rest are replaced. */
const CHECKPOINT_SECONDS = 60;
const UNDER_WAY = new Set(["Pending", "InProgress", "Baking", "Cancelling", "RollbackInProgress"]);

/** Brings a region's machines to one version, and waits until the region serves with it. */
export const rolloutProvider: OwnProvider<RolloutInputs, RolloutInputs> = {
  check: async () => [],
  async create(inputs) {
    await roll(inputs);
    return { id: inputs.groupName, outs: inputs };
  },
  async read(_id, outs) {
    using api = await groupApi(outs);
    const group = await api.group();
    return group === null ? null : { ...outs, launchTemplateVersion: group.version ?? outs.launchTemplateVersion };
  },
  changed: (olds, news) => JSON.stringify(rolled(olds)) !== JSON.stringify(rolled(news)),
  async update(_id, _olds, news) {
    await roll(news);
    return news;
  },
  async delete() {
    // The group ends its machines, and drains them first.
  },
};

/** Loaded when a fleet in AWS asks for it: no other has Amazon's clients in its memory. */
async function groupApi({ region, groupName }: RolloutInputs): Promise<GroupApi> {
  const { GroupApi } = await import("./groupApi.ts");
  return new GroupApi(region, groupName);
}

/** What machines are replaced for; the rest is how. */
function rolled({ groupName, launchTemplateId, launchTemplateVersion, instanceTypes, spotPercent }: RolloutInputs) {
  return { groupName, launchTemplateId, launchTemplateVersion, instanceTypes, spotPercent };
}

async function roll(wanted: RolloutInputs): Promise<void> {
  using api = await groupApi(wanted);
  const deadline = performance.now() + wanted.timeoutMinutes * 60_000;
  const group = await api.group();
  if (group === null) throw fault(wanted, `there is no group ${wanted.groupName}`);
  const newest = await api.newestRefresh();
  if (newest !== null && isUnderWay(newest)) {
    // An `up` that was interrupted left it; another deployer's is not ours to wait for.
    if (newest.version !== wanted.launchTemplateVersion) {
      throw fault(
        wanted,
        `its nodes are being replaced by version ${newest.version} already: wait for that, then run up again`,
      );
    }
    await refreshed(api, wanted, deadline);
  } else if (group.version !== wanted.launchTemplateVersion || hasOthers(group.inService, wanted)) {
    await api.startRefresh(refreshOf(wanted));
    await refreshed(api, wanted, deadline);
  }
  await serving(api, wanted, deadline);
}

function hasOthers(versions: readonly (number | null)[], { launchTemplateVersion }: RolloutInputs): boolean {
  return versions.some((version) => version !== launchTemplateVersion);
}

/** @throws Error naming the region when the roll ends otherwise than well; Amazon has taken it back then. */
async function refreshed(api: GroupApi, wanted: RolloutInputs, deadline: number): Promise<void> {
  let told = "";
  let isTakenBack = false;
  for (let looks = 0; ; looks++) {
    const refresh = await api.newestRefresh();
    const state = refresh === null ? "" : `${refresh.Status} ${refresh.PercentageComplete ?? 0} %`;
    if (state !== told) console.log(`${wanted.region}: nodes of version ${wanted.launchTemplateVersion}: ${state}`);
    told = state;
    if (refresh !== null && !isUnderWay(refresh)) {
      if (refresh.Status === "Successful") return;
      throw fault(wanted, `the roll ended as ${refresh.Status}: ${refresh.StatusReason ?? "no reason was given"}`);
    }
    if (performance.now() > deadline && !isTakenBack) {
      isTakenBack = true;
      await api.rollBack();
    }
    await delay(Math.min(LOOK.mostMs, LOOK.firstMs * 2 ** looks));
  }
}

/** Waits until every machine has the version and the load balancer finds them healthy. */
async function serving(api: GroupApi, wanted: RolloutInputs, deadline: number): Promise<void> {
  for (let looks = 0; ; looks++) {
    const group = await api.group();
    const healthy = await Promise.all(wanted.targetGroupArns.map((arn) => api.healthyTargets(arn)));
    const fewest = Math.min(...healthy);
    const isWhole = group !== null && group.inService.length >= group.desired && !hasOthers(group.inService, wanted);
    if (isWhole && group.others === 0 && fewest >= group.desired) return;
    if (performance.now() > deadline) {
      const seen = `${group?.inService.length ?? 0} of ${group?.desired ?? 0} nodes in service, ${fewest} healthy`;
      throw fault(
        wanted,
        `it does not serve after ${wanted.timeoutMinutes} minutes: ${seen}. docs/boot.md says where to look`,
      );
    }
    await delay(Math.min(LOOK.mostMs, LOOK.firstMs * 2 ** looks));
  }
}

function isUnderWay({ Status }: Refresh): boolean {
  return UNDER_WAY.has(Status ?? "");
}

function fault({ region }: RolloutInputs, what: string): Error {
  return new Error(`region ${region}: ${what}. Regions of later waves keep the nodes they have.`);
}

function refreshOf(wanted: RolloutInputs): Omit<StartInstanceRefreshCommandInput, "AutoScalingGroupName"> {
  return {
    Strategy: "Rolling",
    DesiredConfiguration: {
      MixedInstancesPolicy: {
        InstancesDistribution: {
          OnDemandBaseCapacity: wanted.nodes,
          OnDemandPercentageAboveBaseCapacity: 100 - wanted.spotPercent,
          OnDemandAllocationStrategy: "prioritized",
          SpotAllocationStrategy: "price-capacity-optimized",
        },
        LaunchTemplate: {
          LaunchTemplateSpecification: {
            LaunchTemplateId: wanted.launchTemplateId,
            Version: String(wanted.launchTemplateVersion),
          },
          Overrides: wanted.instanceTypes.map((InstanceType) => ({ InstanceType })),
        },
      },
    },
    Preferences: {
      // A node more is started before one is ended: a region never serves with fewer than it has.
      MinHealthyPercentage: 100,
      MaxHealthyPercentage: 110,
      SkipMatching: true,
      AutoRollback: true,
      ...(wanted.alarmNames.length === 0 ? {} : { AlarmSpecification: { Alarms: [...wanted.alarmNames] } }),
      // The first node is looked at alone.
      ...(wanted.nodes > 1
        ? { CheckpointPercentages: [Math.ceil(100 / wanted.nodes), 100], CheckpointDelay: CHECKPOINT_SECONDS }
        : {}),
      BakeTime: wanted.bakeMinutes * 60,
      ScaleInProtectedInstances: "Refresh",
      StandbyInstances: "Terminate",
    },
  };
}
