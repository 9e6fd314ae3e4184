import { previewHost } from "@edge-fleet/runner/release/previewAddress";
import { PREVIEW_HEADER, PREVIEW_SECRET, previewToken } from "@edge-fleet/runner/release/previewToken";
import { versionsOf } from "@edge-fleet/runner/release/releasedFunction";
import type { ReleasedFunction } from "@edge-fleet/runner/release/types";
import { readSecret, SecretError } from "@edge-fleet/runner/secretFiles";
import { defineCommand, value } from "../command.ts";
import { CommandError } from "../errors.ts";
import { durationMs, versionNumber } from "../parsers.ts";
import { releasedFunction, requireLive } from "../release/live.ts";

const DEFAULT_MS = 3_600_000;

/** `edge preview` */
export const preview = defineCommand({
  summary: "say where one version of a function is reached, and make a token for it",
  description:
    "The version's own host leads to it whatever its routes, past live traffic. A token does the same on every other host, until its end; it is signed with the nodes' secret release-preview, and there is none without.",
  args: { function: { summary: "a deployed function", arity: "required", completes: "functions" } },
  options: {
    version: value("<number>", "7 or v7; default the newest that is kept", versionNumber),
    for: value("<duration>", "how long the token holds, 30m for instance; default an hour", durationMs),
  },
  examples: [
    { line: "preview hello", meaning: "the newest version: a candidate, or what `edge deploy --preview` made" },
    { line: "preview hello --version v7 --for 24h", meaning: "to show v7 to somebody until tomorrow" },
  ],
  async run(context, { args, options }) {
    const { out, openStore, environment } = context;
    const released = releasedFunction(context, await requireLive(await openStore()), args.function);
    const number = keptNumber(released, options.version);
    const address = { function: released.name, number };
    const { config, paths } = environment();
    const host = previewHost(address, config.domain);
    const port = config.local?.ports.https ?? 443;
    const url = host === null ? null : `https://${host}${port === 443 ? "" : `:${port}`}/`;
    const endsAt = new Date(Date.now() + (options.for ?? DEFAULT_MS));
    const secret = await previewSecret(paths.secrets);
    const token = typeof secret === "string" ? previewToken({ ...address, endsAt }, secret) : null;
    out.show({ ...address, url, header: PREVIEW_HEADER, token, endsAt: token && endsAt.toISOString() }, () =>
      [
        url ?? `v${number} has no host of its own: the function's name is too long for one`,
        token === null ? `no token: ${(secret as SecretError).message}` : `${PREVIEW_HEADER}: ${token}`,
      ].join("\n"),
    );
  },
});

/** @throws CommandError naming the versions that have an address */
function keptNumber(released: ReleasedFunction, wanted: number | undefined): number {
  const numbers = versionsOf(released)
    .map(({ number }) => number)
    .sort((a, b) => b - a);
  if (wanted === undefined) return numbers[0] as number;
  if (numbers.includes(wanted)) return wanted;
  const kept = numbers.map((number) => `v${number}`).join(", ");
  throw new CommandError(`v${wanted} of ${released.name} has no address: the release keeps ${kept}. Deploy it again`);
}

async function previewSecret(folder: string): Promise<string | SecretError> {
  try {
    return await readSecret(folder, PREVIEW_SECRET, { owner: "previews", what: "signs tokens of previews" });
  } catch (error) {
    if (error instanceof SecretError) return error;
    throw error;
  }
}
