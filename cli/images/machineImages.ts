import { EC2Client, paginateDescribeImages } from "@aws-sdk/client-ec2";
import { AWS_CALL_MS, awsProblem } from "../aws/awsProblem.ts";

interface Wanted {
  /** Account that published them. */
  readonly owner: string;
  /** What their names are before the serial. */
  readonly prefix: string;
}

const SERIAL = /^(20\d{6})(?:\.(\d+))?$/;

/**
 * Serials of the images that a region has.
 *
 * @throws CommandError naming the region, what AWS said and what to do
 */
export async function imageSerials(
  { owner, prefix }: Wanted,
  region: string,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const client = new EC2Client({ region, maxAttempts: 3 });
  const filters = [
    { Name: "name", Values: [`${prefix}*`] },
    { Name: "state", Values: ["available"] },
  ];
  const found = new Set<string>();
  try {
    const abortSignal = AbortSignal.any([signal, AbortSignal.timeout(AWS_CALL_MS)]);
    const pages = paginateDescribeImages({ client }, { Owners: [owner], Filters: filters }, { abortSignal });
    for await (const { Images = [] } of pages) {
      for (const { Name = "" } of Images) {
        const serial = Name.slice(prefix.length);
        if (Name.startsWith(prefix) && SERIAL.test(serial)) found.add(serial);
      }
    }
    return found;
  } catch (error) {
    signal.throwIfAborted();
    throw awsProblem(`the images of ${region} cannot be looked up`, error);
  } finally {
    client.destroy();
  }
}

/** The newest serial that all regions have; null where there is none. */
export function newestCommon(regions: readonly ReadonlySet<string>[]): string | null {
  const [first = new Set<string>(), ...others] = regions;
  const common = [...first].filter((serial) => others.every((serials) => serials.has(serial)));
  return common.sort(bySerial).at(-1) ?? null;
}

/** Older first: by date, then by the number of that day's image. */
export function bySerial(a: string, b: string): number {
  const [, dateA = "", numberA = "0"] = SERIAL.exec(a) ?? [];
  const [, dateB = "", numberB = "0"] = SERIAL.exec(b) ?? [];
  return dateA === dateB ? Number(numberA) - Number(numberB) : Number(dateA) - Number(dateB);
}
