import type { AwsConfig, RegionName } from "../../config/fleetConfig.ts";
import type { StoreAddress } from "../../node/nodeConfig.ts";

/** Stands for the account that the config does not name yet; a preview shows it. */
const UNNAMED_ACCOUNT = "000000000000";

/** Number of the fleet's account. */
export function accountOf({ account }: Pick<AwsConfig, "account">): string {
  return account ?? UNNAMED_ACCOUNT;
}

/** Name of a region's bucket of the release store: with the account in it nobody else in the world has it. */
export function storeBucketName(fleet: { readonly name: string; readonly aws: AwsConfig }, region: RegionName): string {
  return `edge-${fleet.name}-${accountOf(fleet.aws)}-${region}`;
}

/** The store's home. Who is in `region` has its copy nearer. */
export function storeAddress(
  fleet: { readonly name: string; readonly aws: AwsConfig },
  region: RegionName | null = null,
): StoreAddress {
  const at = (place: RegionName) => `s3://${storeBucketName(fleet, place)}/?region=${place}`;
  const { home } = fleet.aws;
  return { address: at(home), replicas: region === null || region === home ? [] : [at(region)] };
}
