import type { Continent } from "./fleetConfig.ts";

interface AwsRegion {
  /** Where it is, for people. */
  readonly place: string;
  readonly continent: Continent;
  /** The account must enable it before first use. */
  readonly optIn: boolean;
  /** Its own slot in the fleet's address range (`cidr.ts`). Never changed, never reused. */
  readonly cidrRow: number;
}

const row = (cidrRow: number, continent: Continent, place: string, optIn: "opt-in" | "open"): AwsRegion => ({
  place,
  continent,
  optIn: optIn === "opt-in",
  cidrRow,
});

/**
 * Every region of the commercial partition, as listed in the AWS documentation ("AWS Regions", September 2025).
 * A new region takes the next free row number.
 */
export const AWS_REGIONS = {
  "af-south-1": row(1, "AF", "Cape Town", "opt-in"),
  "ap-east-1": row(2, "AS", "Hong Kong", "opt-in"),
  "ap-east-2": row(3, "AS", "Taipei", "opt-in"),
  "ap-northeast-1": row(4, "AS", "Tokyo", "open"),
  "ap-northeast-2": row(5, "AS", "Seoul", "open"),
  "ap-northeast-3": row(6, "AS", "Osaka", "open"),
  "ap-south-1": row(7, "AS", "Mumbai", "open"),
  "ap-south-2": row(8, "AS", "Hyderabad", "opt-in"),
  "ap-southeast-1": row(9, "AS", "Singapore", "open"),
  "ap-southeast-2": row(10, "OC", "Sydney", "open"),
  "ap-southeast-3": row(11, "AS", "Jakarta", "opt-in"),
  "ap-southeast-4": row(12, "OC", "Melbourne", "opt-in"),
  "ap-southeast-5": row(13, "AS", "Kuala Lumpur", "opt-in"),
  "ap-southeast-6": row(14, "OC", "Auckland", "opt-in"),
  "ap-southeast-7": row(15, "AS", "Bangkok", "opt-in"),
  "ca-central-1": row(16, "NA", "Montreal", "open"),
  "ca-west-1": row(17, "NA", "Calgary", "opt-in"),
  "eu-central-1": row(18, "EU", "Frankfurt", "open"),
  "eu-central-2": row(19, "EU", "Zurich", "opt-in"),
  "eu-north-1": row(20, "EU", "Stockholm", "open"),
  "eu-south-1": row(21, "EU", "Milan", "opt-in"),
  "eu-south-2": row(22, "EU", "Aragon", "opt-in"),
  "eu-west-1": row(23, "EU", "Dublin", "open"),
  "eu-west-2": row(24, "EU", "London", "open"),
  "eu-west-3": row(25, "EU", "Paris", "open"),
  "il-central-1": row(26, "AS", "Tel Aviv", "opt-in"),
  "me-central-1": row(27, "AS", "Dubai", "opt-in"),
  "me-south-1": row(28, "AS", "Bahrain", "opt-in"),
  "mx-central-1": row(29, "NA", "Querétaro", "opt-in"),
  "sa-east-1": row(30, "SA", "São Paulo", "open"),
  "us-east-1": row(31, "NA", "Northern Virginia", "open"),
  "us-east-2": row(32, "NA", "Ohio", "open"),
  "us-west-1": row(33, "NA", "Northern California", "open"),
  "us-west-2": row(34, "NA", "Oregon", "open"),
} as const satisfies Readonly<Record<string, AwsRegion>>;

export type AwsRegionCode = keyof typeof AWS_REGIONS;

export const AWS_REGION_CODES = Object.keys(AWS_REGIONS).sort() as readonly AwsRegionCode[];
