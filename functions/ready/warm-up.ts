import type { EdgeFunction, ScheduledEvent } from "@edge-fleet/runner/contract";

/**
 * Fetches the pages of `env.URLS`, one on each line or between spaces, on a schedule, so that visitors find them in the cache. With
 * the scope `region` each region warms its own: name the region's own address where one is nearer than the others.
 */

interface Env {
  readonly URLS?: string;
}

/** Sub-requests have a limit, and redirects count. */
const URLS_MAX = 40;
const AT_ONCE = 4;
const WITHIN_MS = 5_000;

export default {
  async scheduled(event: ScheduledEvent, env: Env) {
    const urls = urlsOf(env.URLS ?? "");
    const queue = urls.values();
    let failed = 0;
    const work = async () => {
      for (const url of queue) {
        const problem = await warm(url);
        if (problem === undefined) continue;
        failed += 1;
        console.warn("a page is not warm", { url: url.href, problem });
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    console.log("pages were warmed", { pages: urls.length - failed, failed, cron: event.cron });
    // The run counts as failed where nothing could be had at all.
    if (failed === urls.length) throw new Error(`none of ${urls.length} pages could be warmed`);
  },
} satisfies EdgeFunction<Env>;

/** @throws Error naming what is no URL. */
function urlsOf(text: string): URL[] {
  const words = [...new Set(text.split(/\s+/).filter((word) => word !== ""))];
  const set = "edge-fleet:functions.warm-up.env.URLS";
  if (words.length === 0) throw new Error(`no pages: set ${set} in the stack config`);
  if (words.length > URLS_MAX) throw new Error(`${set} has ${words.length} pages, the most is ${URLS_MAX}`);
  const wrong = words.filter((word) => !/^https?:\/\//.test(word) || !URL.canParse(word));
  if (wrong.length > 0) throw new Error(`${set} has what is no http: or https: URL: ${wrong.join(", ")}`);
  return words.map((word) => new URL(word));
}

/** What is wrong with it; nothing when it came whole. */
async function warm(url: URL): Promise<string | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(WITHIN_MS) });
    // The cache keeps a page when all of it has gone by.
    if (response.body !== null) for await (const _ of response.body);
    return response.ok ? undefined : `it answers ${response.status}`;
  } catch (error) {
    return (error as Error).message;
  }
}
