import { type Renewal, SECRET_RENEWALS } from "../release/control.ts";
import type { Metrics } from "./metrics.ts";
import type { Releases } from "./releases.ts";

/**
 * Replaces the functions whose secrets have changed, as by a new version: each is tried with its new values first, and what runs drains.
 * One that cannot start with them keeps those that it has, and holds up no other.
 *
 * @returns undefined when there was no worker to try them in.
 */
export async function renewSecrets(releases: Releases, metrics: Metrics): Promise<Renewal | undefined> {
  const before = releases.active?.byLabel;
  const refused: Record<string, string> = {};
  for (;;) {
    const taken = await releases.renew(new Set(Object.keys(refused)));
    if (taken?.status === "unavailable") return undefined;
    if (taken?.status !== "refused") break;
    const faults = Object.entries(taken.functions).filter(
      ([name, { status }]) => status === "refused" && !Object.hasOwn(refused, name),
    );
    if (faults.length === 0) throw new Error(taken.reason);
    for (const [name, { reason = "" }] of faults) refused[name] = reason;
  }
  const changed = [...(releases.active?.byLabel ?? [])].filter(
    ([label, deployment]) => before?.has(label) && before.get(label) !== deployment,
  );
  const renewed = [...new Set(changed.map(([, { manifest }]) => manifest.name))];
  const counts = { renewed: renewed.length, refused: Object.keys(refused).length };
  for (const outcome of SECRET_RENEWALS) metrics.add("edge_runner_secret_renewals_total", { outcome }, counts[outcome]);
  return { renewed, refused };
}
