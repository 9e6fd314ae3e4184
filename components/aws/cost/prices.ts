import type { InstanceType } from "../../config/instanceTypes.ts";

/** Where a price was seen. The last is no source: it was not found in any. */
export const SOURCES = {
  list: "a line of AWS's public price list, August to October 2026",
  page: "AWS's pricing pages, read on 2026-09-20",
  copy: "copies of AWS's price lists in public code, and bills, 2023 to 2026",
  memory: "from memory: look it up before you rely on it",
} as const;
export type Source = keyof typeof SOURCES;

export interface Price {
  readonly dollars: number;
  readonly source: Source;
}

/** What is paid for by region. Dollars, on demand, before tax. */
export interface RegionPrices {
  /** Of one gp3 GB, a month. */
  readonly gp3Gb?: Price;
  readonly snapshotGb?: Price;
  readonly natHour?: Price;
  readonly natGb?: Price;
  readonly nlbHour?: Price;
  /** Of a load balancer's capacity unit: for TCP 800 new connections a second, 100,000 open ones, or 1 GB an hour. */
  readonly nlcuHour?: Price;
  /** To the internet, of the first 10 TB a month. */
  readonly outGb?: Price;
  /** To another zone, each direction. */
  readonly zoneGb?: Price;
  readonly s3Gb?: Price;
  /** Of 1,000 GET requests. */
  readonly s3Gets?: Price;
  readonly ecrGb?: Price;
  /** CloudWatch: of a custom or detailed metric, 1,000 calls that send some, a figure that an alarm looks at, a GB of logs. */
  readonly metric?: Price;
  readonly metricPuts?: Price;
  readonly alarm?: Price;
  readonly logGb?: Price;
  /** Of an hour of the `large` size, by family. */
  readonly largeHour: Readonly<Record<string, Price>>;
}

const list = (dollars: number): Price => ({ dollars, source: "list" });
const page = (dollars: number): Price => ({ dollars, source: "page" });
const copy = (dollars: number): Price => ({ dollars, source: "copy" });
const memory = (dollars: number): Price => ({ dollars, source: "memory" });
const large = (t4g: number, c7g?: number, c8g?: number): RegionPrices["largeHour"] => ({
  t4g: copy(t4g),
  ...(c7g === undefined ? {} : { c7g: copy(c7g) }),
  ...(c8g === undefined ? {} : { c8g: copy(c8g) }),
});
const nat = (price: Price): Pick<RegionPrices, "natHour" | "natGb"> => ({ natHour: price, natGb: price });

/** What costs the same in every region. */
export const EVERYWHERE = {
  /** Of a public IPv4 address, used or idle, an hour. */
  ipv4Hour: list(0.005),
  /** Of a secret, and of each replica, a month. */
  secret: copy(0.4),
} as const;

/** Prices by region, as far as they were found: what is missing here is never guessed. */
export const PRICES: Readonly<Record<string, RegionPrices>> = {
  "us-east-1": {
    ...nat(list(0.045)),
    gp3Gb: list(0.08),
    snapshotGb: list(0.05),
    nlbHour: memory(0.0225),
    nlcuHour: page(0.006),
    outGb: list(0.09),
    zoneGb: list(0.01),
    s3Gb: list(0.023),
    s3Gets: list(0.0004),
    ecrGb: list(0.1),
    metric: copy(0.3),
    metricPuts: memory(0.01),
    alarm: copy(0.1),
    logGb: copy(0.5),
    largeHour: large(0.0672, 0.0725, 0.07976),
  },
  "us-west-2": { outGb: copy(0.09), largeHour: large(0.0672, 0.0725, 0.07976) },
  "sa-east-1": {
    ...nat(list(0.093)),
    gp3Gb: list(0.152),
    snapshotGb: list(0.068),
    nlbHour: copy(0.034),
    outGb: list(0.15),
    zoneGb: list(0.01),
    s3Gb: list(0.0405),
    s3Gets: list(0.00056),
    largeHour: large(0.1072, 0.1111),
  },
  "eu-west-1": {
    ...nat(copy(0.048)),
    gp3Gb: copy(0.088),
    nlbHour: copy(0.0252),
    nlcuHour: memory(0.006),
    outGb: copy(0.09),
    ecrGb: list(0.1),
    largeHour: large(0.0736, 0.0775, 0.08528),
  },
  "eu-central-1": {
    ...nat(copy(0.052)),
    gp3Gb: list(0.0952),
    nlbHour: copy(0.027),
    nlcuHour: memory(0.006),
    outGb: copy(0.09),
    largeHour: large(0.0768, 0.0825, 0.0907),
  },
  "ap-northeast-1": {
    ...nat(copy(0.062)),
    gp3Gb: memory(0.096),
    nlbHour: copy(0.0243),
    nlcuHour: memory(0.006),
    outGb: copy(0.114),
    largeHour: large(0.0864, 0.091),
  },
  "ap-northeast-2": {
    ...nat(list(0.059)),
    gp3Gb: memory(0.0912),
    nlbHour: list(0.0225),
    nlcuHour: list(0.006),
    outGb: memory(0.126),
    largeHour: large(0.0832, 0.0816),
  },
  "ap-south-1": {
    ...nat(copy(0.056)),
    gp3Gb: memory(0.0912),
    nlbHour: copy(0.0239),
    nlcuHour: memory(0.006),
    outGb: copy(0.1093),
    largeHour: large(0.0448, 0.0491),
  },
  "ap-southeast-1": {
    ...nat(copy(0.059)),
    gp3Gb: memory(0.096),
    outGb: copy(0.12),
    largeHour: large(0.0848, 0.0833),
  },
  "ap-southeast-2": {
    ...nat(memory(0.059)),
    gp3Gb: memory(0.096),
    nlbHour: copy(0.0252),
    nlcuHour: memory(0.006),
    outGb: copy(0.114),
    largeHour: large(0.0848, 0.0944),
  },
  "me-central-1": { outGb: memory(0.11), largeHour: large(0.0816) },
  "af-south-1": { gp3Gb: copy(0.1047), outGb: memory(0.154), largeHour: large(0.0867) },
};

/** A size's price is the `large` one's by this, in every family that nodes may be of. */
const SIZES: Readonly<Record<string, number>> = { small: 0.25, medium: 0.5, large: 1, xlarge: 2, "2xlarge": 4 };

/** Of an hour of a machine; undefined where it was not found. */
export function instanceHour(prices: RegionPrices | undefined, type: InstanceType): Price | undefined {
  const [family = "", size = ""] = type.split(".");
  const price = prices?.largeHour[family];
  const times = SIZES[size];
  return price === undefined || times === undefined ? undefined : { ...price, dollars: price.dollars * times };
}
