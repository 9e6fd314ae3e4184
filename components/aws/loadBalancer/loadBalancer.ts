import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { Transform } from "../../component.ts";
import type { RegionName } from "../../config/fleetConfig.ts";
import { PUBLIC_PORTS, type PublicPort } from "../ports.ts";
import { RegionalComponent } from "../regional.ts";

export interface LoadBalancerArgs {
  readonly region: RegionName;
  readonly vpcId: pulumi.Input<string>;
  /** Public subnets, one per zone. */
  readonly subnetIds: readonly pulumi.Input<string>[];
  /** How long connections to a node that leaves go on, seconds. */
  readonly drainSeconds: number;
  /** Whether it can be deleted only after a change that says so. */
  readonly protect: boolean;
  readonly transform?:
    | {
        readonly loadBalancer?: Transform<aws.lb.LoadBalancerArgs>;
        readonly targetGroup?: Transform<aws.lb.TargetGroupArgs>;
      }
    | undefined;
}

/** The seconds after which a node that fails is asked no more: twice the shortest interval there is. */
const HEALTH = { intervalSeconds: 5, failures: 2, successes: 2, timeoutSeconds: 4 };

/**
 * A region's network load balancer. It passes TCP through: TLS ends at the nodes, which learn their clients' addresses by PROXY
 * protocol. All ports follow one health check, the node's own word on whether it serves.
 */
export class LoadBalancer extends RegionalComponent {
  readonly dnsName: pulumi.Output<string>;
  /** Route 53's zone of `dnsName`, for alias records. */
  readonly zoneId: pulumi.Output<string>;
  /** Nodes admit this group and nobody else. */
  readonly securityGroupId: pulumi.Output<string>;
  readonly targetGroupArns: readonly pulumi.Output<string>[];
  /** `app/name/id`-like ends of the ARNs, by which CloudWatch knows load balancer and HTTPS targets. */
  readonly metricNames: { readonly loadBalancer: pulumi.Output<string>; readonly https: pulumi.Output<string> };

  constructor(name: string, args: LoadBalancerArgs, opts: pulumi.ComponentResourceOptions) {
    super("edge-fleet:aws:LoadBalancer", name, args.region, opts);
    // A load balancer that is made without a group can never be given one.
    const group = this.makeNamed(aws.ec2.SecurityGroup, "group", {
      vpcId: args.vpcId,
      description: "The world to the load balancer",
    });
    for (const [use, port] of Object.entries(PUBLIC_PORTS)) {
      for (const [family, source] of [
        ["v4", { cidrIpv4: "0.0.0.0/0" }],
        ["v6", { cidrIpv6: "::/0" }],
      ] as const) {
        this.makeNamed(aws.vpc.SecurityGroupIngressRule, `${use}-${family}`, {
          ...source,
          securityGroupId: group.id,
          ipProtocol: "tcp",
          fromPort: port,
          toPort: port,
        });
      }
    }
    this.makeNamed(aws.vpc.SecurityGroupEgressRule, "nodes", {
      securityGroupId: group.id,
      ipProtocol: "-1",
      cidrIpv4: "0.0.0.0/0",
    });

    const loadBalancer = this.makeNamed(
      aws.lb.LoadBalancer,
      "nlb",
      {
        // Six characters are what it takes; the rest is Amazon's.
        namePrefix: "edge-",
        loadBalancerType: "network",
        ipAddressType: "dualstack",
        internal: false,
        subnets: [...args.subnetIds],
        securityGroups: [group.id],
        enableCrossZoneLoadBalancing: true,
        enableDeletionProtection: args.protect,
      },
      { transform: args.transform?.loadBalancer },
    );
    const targets = Object.entries(PUBLIC_PORTS).map(([use, port]) => {
      const target = this.targetGroup(use as PublicPort, port, args);
      this.makeNamed(aws.lb.Listener, use, {
        loadBalancerArn: loadBalancer.arn,
        protocol: "TCP",
        port,
        defaultActions: [{ type: "forward", targetGroupArn: target.arn }],
      });
      return [use, target] as const;
    });

    const byUse = Object.fromEntries(targets) as Record<PublicPort, aws.lb.TargetGroup>;
    this.dnsName = loadBalancer.dnsName;
    this.zoneId = loadBalancer.zoneId;
    this.securityGroupId = group.id;
    this.targetGroupArns = Object.values(byUse).map(({ arn }) => arn);
    this.metricNames = { loadBalancer: loadBalancer.arnSuffix, https: byUse.https.arnSuffix };
    this.registerOutputs({ dnsName: this.dnsName });
  }

  private targetGroup(use: PublicPort, port: number, args: LoadBalancerArgs): aws.lb.TargetGroup {
    return this.makeNamed(
      aws.lb.TargetGroup,
      use,
      {
        namePrefix: "edge-",
        targetType: "instance",
        protocol: "TCP",
        port,
        vpcId: args.vpcId,
        proxyProtocolV2: true,
        // PROXY protocol says who the client is; a preserved address would make nodes behind one client's NAT collide.
        preserveClientIp: "false",
        deregistrationDelay: args.drainSeconds,
        connectionTermination: true,
        healthCheck: {
          protocol: "HTTP",
          port: String(PUBLIC_PORTS.http),
          path: "/healthz",
          matcher: "200",
          interval: HEALTH.intervalSeconds,
          timeout: HEALTH.timeoutSeconds,
          healthyThreshold: HEALTH.successes,
          unhealthyThreshold: HEALTH.failures,
        },
      },
      { transform: args.transform?.targetGroup },
    );
  }
}
