import { readFileSync } from "node:fs";
import { join } from "node:path";
import { writeWhole } from "@edge-fleet/runner/release/files";
import {
  type ImagesLock,
  LOCKED_IMAGES,
  type LockedImage,
  type LockedName,
} from "../../components/node/containers/images.ts";
import { defineCommand, flag } from "../command.ts";
import { CommandError, EXIT_CODES } from "../errors.ts";
import { indexDigest } from "../images/registry.ts";
import { styled, table } from "../output.ts";

const LOCK_FILE = "images.lock.json";

interface Bump {
  readonly name: LockedName;
  readonly image: string;
  readonly before: string | null;
  /** Null where it could not be looked up: then what was there stays. */
  readonly digest: string | null;
  readonly problem: string | null;
}

/** `edge bump-images` */
export const bumpImages = defineCommand({
  summary: "look up the digests of the images that nodes run, and write them to images.lock.json",
  description:
    "Each digest is that of the image's index, checked against what the registry sends. To take another version, change the tag in images.lock.json first. An image that cannot be looked up keeps its digest, and the exit code is 1.",
  args: {},
  options: { dryRun: flag("look up and show, and write nothing") },
  examples: [
    { line: "bump-images", meaning: "pin what the tags mean now" },
    { line: "bump-images --dry-run", meaning: "see whether a tag has moved" },
  ],
  async run({ projectDir, out, signal }, { options }) {
    const path = join(projectDir, LOCK_FILE);
    const lock = readLock(path);
    const names = Object.keys(LOCKED_IMAGES) as LockedName[];
    const bumps = await Promise.all(names.map((name) => bump(name, lock[name], signal)));
    const next = { ...lock };
    for (const { name, image, before, digest } of bumps) next[name] = { image, digest: digest ?? before };
    const isChanged = bumps.some(({ before, digest }) => digest !== null && digest !== before);
    if (isChanged && !options.dryRun) await writeWhole(path, Buffer.from(lockText(next)));
    out.show({ isWritten: isChanged && !options.dryRun, images: bumps }, () => bumpsText(bumps));
    return bumps.every(({ problem }) => problem === null) ? EXIT_CODES.ok.code : EXIT_CODES.failed.code;
  },
});

async function bump(name: LockedName, { image, digest: before }: LockedImage, signal: AbortSignal): Promise<Bump> {
  try {
    return { name, image, before, digest: await indexDigest(image, signal), problem: null };
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return { name, image, before, digest: null, problem: error.message };
  }
}

function readLock(path: string): { -readonly [Name in keyof ImagesLock]: ImagesLock[Name] } {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (cause) {
    throw new CommandError(`${path}: ${(cause as Error).message}`, { cause });
  }
}

/** A line for each image, so that a change is a line of the diff. */
function lockText(lock: ImagesLock): string {
  const rows = Object.entries(lock).map(
    ([name, { image, digest }]) =>
      `  ${JSON.stringify(name)}: { "image": ${JSON.stringify(image)}, "digest": ${JSON.stringify(digest)} }`,
  );
  return `{\n${rows.join(",\n")}\n}\n`;
}

function bumpsText(bumps: readonly Bump[]): string {
  const rows = bumps.map(({ name, image, before, digest, problem }) => {
    if (problem !== null) return [name, image, styled("red", problem.replace(`${image}: `, ""))];
    return [name, image, digest === before ? `${digest}, as before` : styled("green", `${digest}`)];
  });
  return table(["IMAGE", "TAG", "DIGEST"], rows);
}
