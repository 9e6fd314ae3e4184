import { collectGarbage, type Garbage, RELEASES_KEPT } from "@edge-fleet/runner/release/garbage";
import { defineCommand, flag, value } from "../command.ts";
import { EXIT_CODES } from "../errors.ts";
import { integer } from "../parsers.ts";

/** `edge gc` */
export const gc = defineCommand({
  summary: "remove old releases, modules that no kept release needs, and old entries of the control log",
  description: `What was written within a day stays, so deploys may go on meanwhile. Nobody can roll back to a release that is removed.`,
  args: {},
  options: {
    keep: value("<number>", `newest releases to keep; default ${RELEASES_KEPT}`, integer({ min: 1, max: 1_000_000 })),
    dryRun: flag("show what would be removed, and remove nothing"),
  },
  isDestructive: true,
  examples: [
    { line: "gc --dry-run", meaning: "what could go" },
    { line: "gc --keep 20 --yes", meaning: "keep the newest twenty releases" },
  ],
  async run(context, { options }) {
    const { out } = context;
    const store = await context.openStore();
    const keep = options.keep ?? RELEASES_KEPT;
    const planned = await collectGarbage(store, { keep, isDryRun: true });
    const isNothing = Object.values(planned).every((names) => names.length === 0);
    if (options.dryRun || isNothing) {
      out.show({ isDryRun: true, ...planned }, () =>
        isNothing ? "Nothing to remove." : `Would remove ${told(planned)}.`,
      );
      return EXIT_CODES.ok.code;
    }
    if (!(await context.confirm(`Remove ${told(planned)} from ${store.where}?`))) {
      out.show({ isDeclined: true }, () => "Nothing was removed.");
      return EXIT_CODES.usage.code;
    }
    const removed = await collectGarbage(store, { keep });
    out.show(removed, () => `Removed ${told(removed)}.`);
    return EXIT_CODES.ok.code;
  },
});

function told({ releases, modules, control }: Garbage): string {
  return `${releases.length} releases, ${modules.length} modules and ${control.length} entries of the control log`;
}
