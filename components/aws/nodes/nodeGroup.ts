import { PUBLISHED } from "@edge-fleet/runner/agent/machine/publishedMetrics";
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Transform } from "../../component.ts";
import type { AwsConfig, RegionConfig } from "../../config/fleetConfig.ts";
import { PUBLIC_PORTS } from "../ports.ts";
import { RegionalComponent } from "../regional.ts";
import { machineImageId } from "./machineImage.ts";

export interface NodeGroupArgs {
  readonly config: RegionConfig;
  readonly aws: AwsConfig;
  readonly fleet: string;
  /** The group's name in Amazon's own terms: nodes know it before it is there. */
  readonly groupName: string;
  readonly vpcId: pulumi.Input<string>;
  readonly subnetIds: readonly pulumi.Input<string>[];
  readonly loadBalancer: {
    readonly securityGroupId: pulumi.Input<string>;
    readonly targetGroupArns: readonly pulumi.Input<string>[];
  };
  readonly instanceProfileArn: pulumi.Input<string>;
  /** cloud-init's text; not secret. */
  readonly userData: pulumi.Input<string>;
  /** How long a node serves on after it was told to end, seconds. */
  readonly drainSeconds: number;
  /** No machine starts before these are there. */
  readonly startsAfter: readonly pulumi.Resource[];
  readonly transform?:
    | {
        readonly launchTemplate?: Transform<aws.ec2.LaunchTemplateArgs>;
        readonly group?: Transform<aws.autoscaling.GroupArgs>;
      }
    | undefined;
}

/** A machine that does not serve by then is replaced: it boots in 70 s on paper (docs/boot.md). */
const LAUNCH_SECONDS = 300;
/** For what is under way after a node's drain: its services' own times to stop, and room. */
const STOP_SECONDS = 120;

/** Machines of a region, in an auto scaling group behind its load balancer. Which version they run is the rollout's to say. */
export class NodeGroup extends RegionalComponent {
  readonly groupName: pulumi.Output<string>;
  readonly launchTemplateId: pulumi.Output<string>;
  /** Number of the template's newest version. */
  readonly launchTemplateVersion: pulumi.Output<number>;
  /** Id of the machines' image. */
  readonly machineImage: pulumi.Output<string>;

  constructor(name: string, args: NodeGroupArgs, opts: pulumi.ComponentResourceOptions) {
    super("edge-fleet:aws:NodeGroup", name, args.config.name, opts);
    const { transform } = args;
    this.machineImage = machineImageId(args.aws, args.config.name, { parent: this });
    const template = this.makeNamed(aws.ec2.LaunchTemplate, "template", this.template(args), {
      transform: transform?.launchTemplate,
      dependsOn: [...args.startsAfter],
    });
    const group = this.make(aws.autoscaling.Group, "group", this.group(args, template), {
      transform: transform?.group,
      // The rollout moves the group to a new version, region after region, and how many nodes there are is the load's to say.
      ignoreChanges: ["mixedInstancesPolicy", "desiredCapacity"],
    });
    this.make(aws.autoscaling.Policy, "cpu", {
      autoscalingGroupName: group.name,
      policyType: "TargetTrackingScaling",
      targetTrackingConfiguration: {
        predefinedMetricSpecification: { predefinedMetricType: "ASGAverageCPUUtilization" },
        targetValue: args.aws.instances.cpuTarget,
      },
    });
    if (args.aws.instances.requestsTarget !== null) {
      this.make(aws.autoscaling.Policy, "requests", {
        autoscalingGroupName: group.name,
        policyType: "TargetTrackingScaling",
        targetTrackingConfiguration: {
          customizedMetricSpecification: {
            namespace: PUBLISHED.namespace,
            metricName: PUBLISHED.requests,
            statistic: "Average",
            metricDimensions: [{ name: PUBLISHED.dimension, value: group.name }],
          },
          targetValue: args.aws.instances.requestsTarget,
        },
      });
    }
    this.groupName = group.name;
    this.launchTemplateId = template.id;
    this.launchTemplateVersion = template.latestVersion;
    this.registerOutputs({ groupName: this.groupName });
  }

  private securityGroup({ vpcId, loadBalancer }: NodeGroupArgs): aws.ec2.SecurityGroup {
    const group = this.makeNamed(aws.ec2.SecurityGroup, "machines", {
      vpcId,
      description: "The load balancer and other nodes to the nodes",
    });
    const admit = (suffix: string, port: number, source: pulumi.Input<string>) =>
      this.makeNamed(aws.vpc.SecurityGroupIngressRule, suffix, {
        securityGroupId: group.id,
        referencedSecurityGroupId: source,
        ipProtocol: "tcp",
        fromPort: port,
        toPort: port,
      });
    for (const [use, port] of Object.entries(PUBLIC_PORTS)) admit(use, port, loadBalancer.securityGroupId);
    admit("siblings", PUBLIC_PORTS.peers, group.id);
    for (const [suffix, target] of [
      ["out-v4", { cidrIpv4: "0.0.0.0/0" }],
      ["out-v6", { cidrIpv6: "::/0" }],
    ] as const) {
      this.makeNamed(aws.vpc.SecurityGroupEgressRule, suffix, {
        ...target,
        securityGroupId: group.id,
        ipProtocol: "-1",
      });
    }
    return group;
  }

  private template(args: NodeGroupArgs): aws.ec2.LaunchTemplateArgs {
    const { instances, nat } = args.aws;
    const tags = this.tags(args);
    return {
      imageId: this.machineImage,
      instanceType: instances.types[0] as string,
      iamInstanceProfile: { arn: args.instanceProfileArn },
      userData: pulumi.output(args.userData).apply((text) => Buffer.from(text).toString("base64")),
      // One hop: containers on bridges cannot reach the role's keys.
      metadataOptions: {
        httpEndpoint: "enabled",
        httpTokens: "required",
        httpPutResponseHopLimit: 1,
        instanceMetadataTags: "disabled",
      },
      // Siblings find each other by names that are made of their machines' ids.
      privateDnsNameOptions: { hostnameType: "resource-name", enableResourceNameDnsARecord: true },
      monitoring: { enabled: true },
      ebsOptimized: "true",
      blockDeviceMappings: [
        {
          deviceName: "/dev/sda1",
          ebs: { volumeType: "gp3", volumeSize: instances.diskGb, encrypted: "true", deleteOnTermination: "true" },
        },
      ],
      networkInterfaces: [
        {
          deviceIndex: 0,
          associatePublicIpAddress: nat === "none" ? "true" : "false",
          deleteOnTermination: "true",
          securityGroups: [this.securityGroup(args).id],
        },
      ],
      tagSpecifications: ["instance", "volume", "network-interface"].map((resourceType) => ({ resourceType, tags })),
    };
  }

  /** The provider's default tags do not reach what a group makes. */
  private tags({ config, fleet, aws: settings }: NodeGroupArgs): Record<string, string> {
    return {
      "edge-fleet": fleet,
      ...settings.tags,
      Name: this.childName("node"),
      "edge-fleet:region": config.name,
    };
  }

  private group(args: NodeGroupArgs, template: aws.ec2.LaunchTemplate): aws.autoscaling.GroupArgs {
    const { config, aws: settings } = args;
    return {
      name: args.groupName,
      minSize: config.nodes,
      maxSize: config.maxNodes,
      desiredCapacity: config.nodes,
      vpcZoneIdentifiers: [...args.subnetIds],
      targetGroupArns: [...args.loadBalancer.targetGroupArns],
      healthCheckType: "ELB",
      healthCheckGracePeriod: LAUNCH_SECONDS,
      defaultInstanceWarmup: 60,
      capacityRebalance: settings.instances.spotPercent > 0,
      // Whether nodes serve is the rollout's gate; a group that waited for them would be lost to the state when they do not.
      waitForCapacityTimeout: "0",
      initialLifecycleHooks: [
        {
          name: "edge-launch",
          lifecycleTransition: "autoscaling:EC2_INSTANCE_LAUNCHING",
          defaultResult: "ABANDON",
          heartbeatTimeout: LAUNCH_SECONDS,
        },
        {
          name: "edge-terminate",
          lifecycleTransition: "autoscaling:EC2_INSTANCE_TERMINATING",
          defaultResult: "CONTINUE",
          heartbeatTimeout: args.drainSeconds + STOP_SECONDS,
        },
      ],
      mixedInstancesPolicy: {
        instancesDistribution: {
          onDemandBaseCapacity: config.nodes,
          onDemandPercentageAboveBaseCapacity: 100 - settings.instances.spotPercent,
          onDemandAllocationStrategy: "prioritized",
          spotAllocationStrategy: "price-capacity-optimized",
        },
        launchTemplate: {
          launchTemplateSpecification: {
            launchTemplateId: template.id,
            // A number: `$Latest` never starts a refresh, and cannot be rolled back.
            version: template.latestVersion.apply(String),
          },
          overrides: settings.instances.types.map((instanceType) => ({ instanceType })),
        },
      },
      enabledMetrics: ["GroupDesiredCapacity", "GroupInServiceInstances", "GroupPendingInstances"],
      // A node that has to go has its successor first.
      instanceMaintenancePolicy: { minHealthyPercentage: 100, maxHealthyPercentage: 110 },
      tags: Object.entries(this.tags(args)).map(([key, value]) => ({ key, value, propagateAtLaunch: false })),
    };
  }
}
