import {
  absent,
  check,
  exactlyOne,
  given,
  matching,
  needing,
  notBoth,
  oneOf,
  type Rule,
  type Values,
  when,
  within,
} from "./ruleParts.ts";

/** Security groups take less in theirs than IAM. */
const GROUP_DESCRIPTION = /^[\w .:/()#,@[\]+=&;{}!$*-]{1,255}$/;
const IPV4_BLOCK = /^\d{1,3}(\.\d{1,3}){3}\/\d{1,2}$/;
const IPV6_BLOCK = /^[0-9a-f:]+\/\d{1,3}$/;
const targets = ["cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId"];
const groupRule: readonly Rule[] = [
  exactlyOne(...targets),
  matching("cidrIpv4", IPV4_BLOCK),
  matching("cidrIpv6", IPV6_BLOCK),
  oneOf("ipProtocol", "-1", "tcp", "udp", "icmp", "icmpv6"),
  when("ipProtocol", "-1", absent("fromPort", "toPort")),
  when("ipProtocol", "tcp", given("fromPort", "toPort")),
  when("ipProtocol", "udp", given("fromPort", "toPort")),
  within("fromPort", 0, 65_535),
  within("toPort", 0, 65_535),
];

/** Of networks and what stands in them. */
export const NETWORK_RULES: Readonly<Record<string, readonly Rule[]>> = {
  "aws:ec2/vpc:Vpc": [
    matching("cidrBlock", /\/(1[6-9]|2[0-8])$/),
    check("cidrBlock has host bits", hostBits),
    notBoth("assignGeneratedIpv6CidrBlock", "ipv6IpamPoolId"),
    oneOf("instanceTenancy", "default", "dedicated"),
  ],
  "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": [],
  "aws:ec2/internetGateway:InternetGateway": [],
  "aws:ec2/egressOnlyInternetGateway:EgressOnlyInternetGateway": [],
  "aws:ec2/subnet:Subnet": [
    given("availabilityZone"),
    notBoth("availabilityZone", "availabilityZoneId"),
    matching("cidrBlock", /\/(1[6-9]|2[0-8])$/),
    check("cidrBlock has host bits", hostBits),
    matching("ipv6CidrBlock", /\/64$/),
    when("assignIpv6AddressOnCreation", true, given("ipv6CidrBlock")),
    oneOf("privateDnsHostnameTypeOnLaunch", "ip-name", "resource-name"),
  ],
  // Routes are resources of their own: ways in the table would undo those of peerings.
  "aws:ec2/routeTable:RouteTable": [absent("routes")],
  "aws:ec2/route:Route": [
    exactlyOne("destinationCidrBlock", "destinationIpv6CidrBlock", "destinationPrefixListId"),
    exactlyOne(
      "gatewayId",
      "natGatewayId",
      "egressOnlyGatewayId",
      "vpcPeeringConnectionId",
      "transitGatewayId",
      "networkInterfaceId",
      "vpcEndpointId",
    ),
    matching("destinationCidrBlock", IPV4_BLOCK),
    matching("destinationIpv6CidrBlock", IPV6_BLOCK),
    needing("egressOnlyGatewayId", "destinationIpv6CidrBlock"),
    needing("natGatewayId", "destinationCidrBlock"),
  ],
  "aws:ec2/routeTableAssociation:RouteTableAssociation": [exactlyOne("subnetId", "gatewayId")],
  "aws:ec2/vpcEndpoint:VpcEndpoint": [
    exactlyOne("serviceName", "resourceConfigurationArn", "serviceNetworkArn"),
    oneOf("vpcEndpointType", "Gateway", "Interface", "GatewayLoadBalancer", "Resource", "ServiceNetwork"),
    when("vpcEndpointType", "Gateway", absent("subnetIds", "securityGroupIds", "privateDnsEnabled")),
    check(
      "serviceName is of another region",
      ({ serviceName, region }) =>
        serviceName === undefined || String(serviceName).startsWith(`com.amazonaws.${region}.`),
    ),
  ],
  "aws:ec2/eip:Eip": [oneOf("domain", "vpc"), notBoth("instance", "networkInterface")],
  "aws:ec2/natGateway:NatGateway": [
    oneOf("connectivityType", "public", "private"),
    check(
      "a public gateway needs allocationId and subnetId",
      ({ connectivityType, allocationId, subnetId }) =>
        connectivityType === "private" || (allocationId !== undefined && subnetId !== undefined),
    ),
  ],
  "aws:ec2/flowLog:FlowLog": [
    exactlyOne("vpcId", "subnetId", "eniId", "transitGatewayId", "transitGatewayAttachmentId", "regionalNatGatewayId"),
    oneOf("trafficType", "ACCEPT", "REJECT", "ALL"),
    oneOf("logDestinationType", "cloud-watch-logs", "s3", "kinesis-data-firehose"),
    oneOf("maxAggregationInterval", 60, 600),
    when("logDestinationType", "cloud-watch-logs", given("iamRoleArn", "logDestination")),
    needing("vpcId", "trafficType"),
  ],
  "aws:ec2/securityGroup:SecurityGroup": [
    matching("description", GROUP_DESCRIPTION),
    // Rules are resources of their own.
    absent("ingress", "egress"),
    notBoth("name", "namePrefix"),
  ],
  "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": groupRule,
  "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": groupRule,
};

function hostBits(values: Values): boolean {
  const [address, length] = String(values.cidrBlock).split("/");
  const number = (address ?? "").split(".").reduce((sum, octet) => sum * 256 + Number(octet), 0);
  return number % 2 ** (32 - Number(length)) === 0;
}
