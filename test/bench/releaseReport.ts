export interface Times {
  readonly store: "folder" | "s3";
  readonly change: string;
  readonly region: string;
  /** From the pointer's change to the first answer of the new version. */
  readonly ms: { readonly min: number; readonly median: number; readonly max: number };
}

export interface Polling {
  readonly everyMs: number;
  /** Requests of one node in a month of 30 days. */
  readonly requests: number;
  readonly dollars: number;
}

export interface ReleaseResults {
  readonly machine: { readonly cpu: string; readonly load: readonly [number, number] };
  readonly rounds: number;
  readonly times: readonly Times[];
  readonly polling: Polling;
}

/** Of 1,000 GET requests in us-east-1, dollars: AWS price list, 2026-09-26. An answer that nothing changed (304) costs as much. */
const DOLLARS_PER_1000_GET = 0.0004;
const MONTH_MS = 30 * 86_400_000;
/** The pointer, and the next entry of the control log. */
const GETS_PER_POLL = 2;

/** What one node's looking at the store costs. */
export function pollingCost(everyMs: number): Polling {
  const requests = (MONTH_MS / everyMs) * GETS_PER_POLL;
  return { everyMs, requests, dollars: (requests / 1_000) * DOLLARS_PER_1000_GET };
}

const TARGETS = {
  folder: { median: 1_000, max: 1_000 },
  s3: { median: 3_000, max: 5_000 },
} as const;

/** The section of `docs/measurements.md`. */
export function reportOf({ machine, rounds, times, polling }: ReleaseResults): string {
  const [before, after] = machine.load.map((value) => value.toFixed(1));
  const rows = times.map(({ store, change, region, ms }) => {
    const target = TARGETS[store];
    const met = change !== "roll-back" ? "" : ms.median <= target.median && ms.max <= target.max ? "yes" : "**no**";
    const seen = [ms.min, ms.median, ms.max].map((value) => value.toFixed(0)).join(" / ");
    return [store === "s3" ? "S3, every 2 s" : "folder, every 0.2 s", change, region, seen, met];
  });
  const heads = ["store", "change", "region", "ms, min / median / max", "roll-back in time"];
  const table = [heads, heads.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
  const million = (polling.requests / 1e6).toFixed(2);
  return `\`npm run bench:release\`, ${rounds} deploys and as many roll-backs of one function, three nodes on this machine. ${machine.cpu}, load ${before} before, ${after} after. From the pointer's
change to a node's first answer of the new version; for S3 against a moto server on loopback: a bucket far away adds its round trips (two for the pointer and the table, one for each new module). Asked of a
roll-back: at most 1 s with a folder; 3 s at the median and 5 s at most with S3.

${table}

Looking every ${polling.everyMs / 1_000} s is ${million} million requests a month and node (for the pointer and the control log), $${polling.dollars.toFixed(2)} (us-east-1, GET at $0.0004 per 1,000).`;
}
