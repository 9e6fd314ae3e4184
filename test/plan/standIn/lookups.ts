import { ACCOUNT, hash } from "./types.ts";

/** Zones of regions that have not four. */
const ZONES: Readonly<Record<string, readonly string[]>> = { "us-west-1": ["a", "c"] };

/** What the stand-ins answer to the program's look-ups. */
export const LOOKUPS: Readonly<
  Record<string, (args: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>>
> = {
  "aws:index/getAvailabilityZones:getAvailabilityZones": ({ region }) => {
    const names = (ZONES[String(region)] ?? ["a", "b", "c", "d"]).map((zone) => `${region}${zone}`);
    return { id: region, region, names, zoneIds: names.map((name) => `id-${name}`) };
  },
  "aws:ec2/getInstanceTypeOfferings:getInstanceTypeOfferings": ({ region, filters }) => {
    const [filter] = filters as readonly { readonly values: readonly string[] }[];
    const offered = (filter?.values ?? []).flatMap((instanceType) =>
      (ZONES[String(region)] ?? ["a", "b", "c", "d"]).map((zone) => ({ instanceType, location: `${region}${zone}` })),
    );
    return {
      id: region,
      region,
      locationType: "availability-zone",
      instanceTypes: offered.map(({ instanceType }) => instanceType),
      locations: offered.map(({ location }) => location),
      locationTypes: offered.map(() => "availability-zone"),
    };
  },
  "aws:ec2/getAmi:getAmi": ({ region, filters }) => {
    const [filter] = filters as readonly { readonly values: readonly string[] }[];
    const name = filter?.values[0];
    const id = `ami-${hash(`${region}/${name}`).toString(16)}`;
    return { id, imageId: id, name, region };
  },
  "aws:secretsmanager/getSecret:getSecret": ({ region, name }) => ({
    id: String(name),
    name,
    region,
    arn: `arn:aws:secretsmanager:${region}:${ACCOUNT}:secret:${name}-a1b2c3`,
  }),
  "aws:ecr/getAuthorizationToken:getAuthorizationToken": () => ({
    authorizationToken: "",
    userName: "AWS",
    // Another at each run, as Amazon's is.
    password: `stand-in-password-${process.pid}`,
    id: ACCOUNT,
  }),
};
