import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { Transform } from "../../component.ts";
import type { AwsConfig, RegionName } from "../../config/fleetConfig.ts";
import { RegionalComponent } from "../regional.ts";
import { FlowLogs } from "./flowLogs.ts";
import { ipv6Subnet, planZones, type SubnetPlan } from "./subnets.ts";

export interface NetworkArgs {
  readonly region: RegionName;
  /** IPv4 range, /16 to /24. */
  readonly cidr: string;
  readonly zones: number;
  readonly nat: AwsConfig["nat"];
  /** Role with which flow logs are written; null: there are none. */
  readonly flowLogRole: pulumi.Input<string> | null;
  readonly transform?:
    | { readonly vpc?: Transform<aws.ec2.VpcArgs>; readonly subnet?: Transform<aws.ec2.SubnetArgs> }
    | undefined;
}

/**
 * Network of a region: IPv4 and IPv6 over two or three zones, each with a public subnet (the load balancer's) and a private one (the
 * nodes'). With `nat: none` nodes are in the public subnets and have public addresses.
 */
export class Network extends RegionalComponent {
  readonly vpcId: pulumi.Output<string>;
  /** One per zone, in zone order: where the load balancer stands. */
  readonly publicSubnetIds: readonly pulumi.Output<string>[];
  /** Where nodes stand. */
  readonly nodeSubnetIds: readonly pulumi.Output<string>[];
  readonly #vpc: aws.ec2.Vpc;

  constructor(name: string, args: NetworkArgs, opts: pulumi.ComponentResourceOptions) {
    super("edge-fleet:aws:Network", name, args.region, opts);
    const { transform, nat } = args;
    const vpc = this.makeNamed(
      aws.ec2.Vpc,
      "vpc",
      { cidrBlock: args.cidr, assignGeneratedIpv6CidrBlock: true, enableDnsHostnames: true, enableDnsSupport: true },
      { transform: transform?.vpc },
    );
    this.#vpc = vpc;
    // Whoever forgets to name a group has one through which nothing passes.
    this.makeNamed(aws.ec2.DefaultSecurityGroup, "default-group", { vpcId: vpc.id, ingress: [], egress: [] });
    const gateway = this.makeNamed(aws.ec2.InternetGateway, "internet", { vpcId: vpc.id });

    const available = aws.getAvailabilityZonesOutput(
      { region: args.region, state: "available", filters: [{ name: "zone-type", values: ["availability-zone"] }] },
      { parent: this },
    );
    const zones = planZones(args.cidr, args.zones).map((plan, zone) => ({
      public: this.subnet(`public-${zone}`, plan.public, available.names[zone] as pulumi.Output<string>, args),
      private: this.subnet(`private-${zone}`, plan.private, available.names[zone] as pulumi.Output<string>, args),
    }));

    const publicTable = this.makeNamed(aws.ec2.RouteTable, "public", {
      vpcId: vpc.id,
      routes: [
        { cidrBlock: "0.0.0.0/0", gatewayId: gateway.id },
        { ipv6CidrBlock: "::/0", gatewayId: gateway.id },
      ],
    });
    const privateTables = this.privateTables(zones, nat);
    for (const [zone, subnets] of zones.entries()) {
      this.associate(`public-${zone}`, subnets.public, publicTable);
      this.associate(
        `private-${zone}`,
        subnets.private,
        privateTables[zone % privateTables.length] as aws.ec2.RouteTable,
      );
    }
    this.makeNamed(aws.ec2.VpcEndpoint, "s3", {
      vpcId: vpc.id,
      serviceName: `com.amazonaws.${args.region}.s3`,
      vpcEndpointType: "Gateway",
      routeTableIds: [publicTable, ...privateTables].map(({ id }) => id),
    });
    if (args.flowLogRole !== null) {
      new FlowLogs(
        this.childName("flow"),
        { region: args.region, vpcId: vpc.id, role: args.flowLogRole },
        this.childOf(),
      );
    }

    this.vpcId = vpc.id;
    this.publicSubnetIds = zones.map((subnets) => subnets.public.id);
    this.nodeSubnetIds = nat === "none" ? this.publicSubnetIds : zones.map((subnets) => subnets.private.id);
    this.registerOutputs({ vpcId: this.vpcId });
  }

  private subnet(suffix: string, plan: SubnetPlan, zone: pulumi.Output<string>, args: NetworkArgs): aws.ec2.Subnet {
    return this.makeNamed(
      aws.ec2.Subnet,
      suffix,
      {
        vpcId: this.#vpc.id,
        cidrBlock: plan.cidr,
        ipv6CidrBlock: this.#vpc.ipv6CidrBlock.apply((block) => ipv6Subnet(block, plan.ipv6Index)),
        assignIpv6AddressOnCreation: true,
        availabilityZone: zone,
        mapPublicIpOnLaunch: args.nat === "none" && suffix.startsWith("public"),
      },
      // A zone that Amazon adds or closes must not move subnets that are there.
      { transform: args.transform?.subnet, ignoreChanges: ["availabilityZone"] },
    );
  }

  /** Ways out of the private subnets, one table for all zones unless each has a NAT gateway of its own. */
  private privateTables(
    zones: readonly { readonly public: aws.ec2.Subnet }[],
    nat: NetworkArgs["nat"],
  ): aws.ec2.RouteTable[] {
    const egress = this.makeNamed(aws.ec2.EgressOnlyInternetGateway, "egress", { vpcId: this.#vpc.id });
    const gateways = nat === "none" ? [] : nat === "single" ? zones.slice(0, 1) : zones;
    const tables = gateways.length === 0 ? [null] : gateways;
    return tables.map((zone, index) => {
      const natGateway = zone === null ? null : this.natGateway(index, zone.public);
      return this.makeNamed(aws.ec2.RouteTable, `private-${index}`, {
        vpcId: this.#vpc.id,
        routes: [
          ...(natGateway === null ? [] : [{ cidrBlock: "0.0.0.0/0", natGatewayId: natGateway.id }]),
          { ipv6CidrBlock: "::/0", egressOnlyGatewayId: egress.id },
        ],
      });
    });
  }

  private natGateway(index: number, subnet: aws.ec2.Subnet): aws.ec2.NatGateway {
    const address = this.makeNamed(aws.ec2.Eip, `nat-${index}`, { domain: "vpc" });
    return this.makeNamed(aws.ec2.NatGateway, `nat-${index}`, { allocationId: address.id, subnetId: subnet.id });
  }

  private associate(suffix: string, subnet: aws.ec2.Subnet, table: aws.ec2.RouteTable): void {
    this.make(aws.ec2.RouteTableAssociation, suffix, { subnetId: subnet.id, routeTableId: table.id });
  }
}
