import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Transform } from "../../component.ts";
import type { AwsConfig, RegionName } from "../../config/fleetConfig.ts";
import { RegionalComponent } from "../regional.ts";
import { FlowLogs } from "./flowLogs.ts";
import { ipv6Subnet, planZones, type SubnetPlan } from "./subnets.ts";

export interface NetworkArgs {
  readonly region: RegionName;
  /** IPv4 range, /16 to /24. */
  readonly cidr: string;
  /** Names of its availability zones, one per pair of subnets. */
  readonly zones: readonly pulumi.Input<string>[];
  readonly nat: AwsConfig["nat"];
  /** Role with which flow logs are written; null: there are none. */
  readonly flowLogRole: pulumi.Input<string> | null;
  readonly transform?:
    | { readonly vpc?: Transform<aws.ec2.VpcArgs>; readonly subnet?: Transform<aws.ec2.SubnetArgs> }
    | undefined;
}

/** A route table with its ways out. */
interface Routed {
  readonly table: aws.ec2.RouteTable;
  readonly routes: readonly aws.ec2.Route[];
}

/**
 * Network of a region: IPv4 and IPv6 over two or three zones, each with a public subnet (the load balancer's) and a private one (the
 * nodes'). With `nat: none` nodes are in the public subnets and have public addresses. Routes are resources of their own: who peers adds more.
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

    const zones = planZones(args.cidr, args.zones.length).map((plan, zone) => ({
      public: this.subnet(`public-${zone}`, plan.public, args.zones[zone] as pulumi.Input<string>, args),
      private: this.subnet(`private-${zone}`, plan.private, args.zones[zone] as pulumi.Input<string>, args),
    }));

    const publicTable = this.routeTable("public", {
      v4: { destinationCidrBlock: "0.0.0.0/0", gatewayId: gateway.id },
      v6: { destinationIpv6CidrBlock: "::/0", gatewayId: gateway.id },
    });
    const privateTables = this.privateTables(zones, nat, gateway);
    const publicIds = zones.map((subnets, zone) => this.associate(`public-${zone}`, subnets.public, publicTable));
    const privateIds = zones.map((subnets, zone) =>
      this.associate(`private-${zone}`, subnets.private, privateTables[zone % privateTables.length] as Routed),
    );
    this.makeNamed(aws.ec2.VpcEndpoint, "s3", {
      vpcId: vpc.id,
      serviceName: `com.amazonaws.${args.region}.s3`,
      vpcEndpointType: "Gateway",
      routeTableIds: [publicTable, ...privateTables].map(({ table }) => table.id),
    });
    if (args.flowLogRole !== null) {
      new FlowLogs(
        this.childName("flow"),
        { region: args.region, vpcId: vpc.id, role: args.flowLogRole },
        this.childOf(),
      );
    }

    this.vpcId = vpc.id;
    this.publicSubnetIds = publicIds;
    this.nodeSubnetIds = nat === "none" ? publicIds : privateIds;
    this.registerOutputs({ vpcId: this.vpcId });
  }

  private subnet(suffix: string, plan: SubnetPlan, zone: pulumi.Input<string>, args: NetworkArgs): aws.ec2.Subnet {
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
    internet: aws.ec2.InternetGateway,
  ): Routed[] {
    const egress = this.makeNamed(aws.ec2.EgressOnlyInternetGateway, "egress", { vpcId: this.#vpc.id });
    const gateways = nat === "none" ? [] : nat === "single" ? zones.slice(0, 1) : zones;
    const tables = gateways.length === 0 ? [null] : gateways;
    return tables.map((zone, index) => {
      const v6 = { destinationIpv6CidrBlock: "::/0", egressOnlyGatewayId: egress.id };
      if (zone === null) return this.routeTable(`private-${index}`, { v6 });
      const natGatewayId = this.natGateway(index, zone.public, internet).id;
      return this.routeTable(`private-${index}`, { v4: { destinationCidrBlock: "0.0.0.0/0", natGatewayId }, v6 });
    });
  }

  private natGateway(index: number, subnet: aws.ec2.Subnet, internet: aws.ec2.InternetGateway): aws.ec2.NatGateway {
    // Amazon refuses both in a network that has no way out yet.
    const after = { dependsOn: internet };
    const address = this.makeNamed(aws.ec2.Eip, `nat-${index}`, { domain: "vpc" }, after);
    return this.makeNamed(aws.ec2.NatGateway, `nat-${index}`, { allocationId: address.id, subnetId: subnet.id }, after);
  }

  private routeTable(suffix: string, ways: Readonly<Record<string, Omit<aws.ec2.RouteArgs, "routeTableId">>>): Routed {
    const table = this.makeNamed(aws.ec2.RouteTable, suffix, { vpcId: this.#vpc.id });
    const routes = Object.entries(ways).map(([family, way]) =>
      this.make(aws.ec2.Route, `${suffix}-${family}`, { routeTableId: table.id, ...way }),
    );
    return { table, routes };
  }

  /** The subnet's id, known when its routes are there: what starts in it finds its way out. */
  private associate(suffix: string, subnet: aws.ec2.Subnet, { table, routes }: Routed): pulumi.Output<string> {
    const association = this.make(aws.ec2.RouteTableAssociation, suffix, {
      subnetId: subnet.id,
      routeTableId: table.id,
    });
    return pulumi.all([subnet.id, association.id, ...routes.map(({ id }) => id)]).apply(([id]) => id as string);
  }
}
