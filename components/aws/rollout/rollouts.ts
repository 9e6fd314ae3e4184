import type * as pulumi from "@pulumi/pulumi";
import { EdgeComponent } from "../../component.ts";
import type { AwsConfig, RegionConfig } from "../../config/fleetConfig.ts";
import type { AwsRegion } from "../region/awsRegion.ts";
import { Rollout } from "./rollout.ts";
import { planWaves } from "./waves.ts";

export interface RolloutsArgs {
  readonly aws: AwsConfig;
  readonly configs: readonly RegionConfig[];
  readonly regions: readonly AwsRegion[];
}

/** The nodes of all regions in their newest version, wave after wave: a wave begins when every region of the one before serves. Nothing else waits for a wave. */
export class Rollouts extends EdgeComponent {
  constructor(name: string, { aws: settings, configs, regions }: RolloutsArgs, opts: pulumi.ComponentResourceOptions) {
    super("edge-fleet:aws:Rollouts", name, opts);
    let before: Rollout[] = [];
    for (const wave of planWaves(configs, settings.rollout)) {
      before = wave.map((regionName) => {
        const region = regions.find(({ name }) => name === regionName) as AwsRegion;
        const config = configs.find(({ name }) => name === regionName) as RegionConfig;
        return new Rollout(
          this.childName(regionName),
          {
            region: regionName,
            groupName: region.nodes.groupName,
            targetGroupArns: region.loadBalancer.targetGroupArns,
            launchTemplateId: region.nodes.launchTemplateId,
            launchTemplateVersion: region.nodes.launchTemplateVersion,
            bundle: region.bundle,
            machineImage: region.nodes.machineImage,
            instanceTypes: settings.instances.types,
            spotPercent: settings.instances.spotPercent,
            nodes: config.nodes,
            alarmNames: region.alarms.endingRolls,
            bakeMinutes: settings.rollout.bakeMinutes,
            timeoutMinutes: settings.rollout.timeoutMinutes,
          },
          this.childOf({ dependsOn: before }),
        );
      });
    }
    this.registerOutputs({});
  }
}
