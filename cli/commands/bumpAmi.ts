import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { writeWhole } from "@edge-fleet/runner/release/files";
import { CANONICAL, machineImagePrefix } from "../../components/aws/nodes/machineImageName.ts";
import type { AwsConfig } from "../../components/config/fleetConfig.ts";
import { defineCommand, flag } from "../command.ts";
import { CommandError, EXIT_CODES } from "../errors.ts";
import { styled, table } from "../output.ts";
import { stackFile } from "../project.ts";
import { withSettings } from "../yamlEdit.ts";

interface RegionImages {
  readonly region: string;
  /** The newest that the region has; null where it has none. */
  readonly newest: string | null;
}

/** `edge bump-ami` */
export const bumpAmi = defineCommand({
  summary: "look up the newest image of Ubuntu that all regions have, and write its serial to the stack's file",
  description:
    "Images are looked up in each region of a stack in AWS, by Canonical's account and the name of the release and architecture that the stack has. A serial that one region lacks is not taken. " +
    "The next `up` replaces all nodes, in waves. Needs ec2:DescribeImages.",
  args: {},
  options: { dryRun: flag("look up and show, and write nothing") },
  isDestructive: true,
  examples: [
    { line: "bump-ami --env prod", meaning: "shows what it would take, and asks" },
    { line: "bump-ami --env prod --dry-run", meaning: "see whether there is a newer one" },
  ],
  async run({ environment, projectDir, stack, out, signal, confirm }, { options }) {
    const { config } = environment();
    if (config.aws === null) {
      throw new CommandError(
        `stack ${stack} has target ${config.target}, which has no machine images; use a stack with target aws`,
      );
    }
    const { before, serial, regions } = await lookUp(config.aws, {
      names: config.regions.map(({ name }) => name),
      signal,
    });
    const file = stackFile(projectDir, stack);
    const shown = {
      file: relative(projectDir, file),
      release: config.aws.machineImage.release,
      before,
      serial,
      regions,
    };
    if (serial === before) {
      out.show({ ...shown, isWritten: false }, () => `${serial} is the newest image that all regions have already.`);
      return EXIT_CODES.ok.code;
    }
    const text = `${imagesText(regions, serial)}\n\n${before ?? "no image"} → ${styled("green", serial)}`;
    if (options.dryRun) {
      out.show({ ...shown, isWritten: false }, () => `${text}\n\nNothing was written.`);
      return EXIT_CODES.ok.code;
    }
    out.note(`${text}\n`);
    if (!(await confirm(`Write it to ${shown.file}? The next \`up\` replaces every node of ${stack}.`))) {
      out.show({ ...shown, isWritten: false, isDeclined: true }, () => "Nothing was written.");
      return EXIT_CODES.usage.code;
    }
    const path = ["config", "edge-fleet:aws", "machineImage", "serial"];
    // In quotes: without them it is a number.
    const edited = withSettings(readFileSync(file, "utf8"), [{ path, put: JSON.stringify(serial) }]);
    await writeWhole(file, Buffer.from(edited));
    out.show({ ...shown, isWritten: true }, () => `${shown.file} has ${serial}.`);
    return EXIT_CODES.ok.code;
  },
});

interface Found {
  readonly before: string | null;
  readonly serial: string;
  readonly regions: readonly RegionImages[];
}

/** @throws CommandError where a region cannot be asked, or no serial is in all of them */
async function lookUp(
  config: AwsConfig,
  { names, signal }: { readonly names: readonly string[]; readonly signal: AbortSignal },
): Promise<Found> {
  // Loaded here: the SDK is large, and only this needs it.
  const { bySerial, imageSerials, newestCommon } = await import("../images/machineImages.ts");
  const prefix = machineImagePrefix(config);
  const serials = await Promise.all(names.map((name) => imageSerials({ owner: CANONICAL, prefix }, name, signal)));
  const regions = names.map((region, index) => ({
    region,
    newest: [...(serials[index] ?? [])].sort(bySerial).at(-1) ?? null,
  }));
  const serial = newestCommon(serials);
  if (serial === null) {
    const list = regions.map(({ region, newest }) => `${region}: ${newest ?? "none"}`).join(", ");
    throw new CommandError(`no image ${prefix}* is in all regions; the newest of each: ${list}`);
  }
  return { before: config.machineImage.serial, serial, regions };
}

function imagesText(regions: readonly RegionImages[], serial: string): string {
  const rows = regions.map(({ region, newest }) => [
    region,
    newest === serial ? `${newest}` : `${newest}, which not all regions have`,
  ]);
  return table(["REGION", "NEWEST"], rows);
}
