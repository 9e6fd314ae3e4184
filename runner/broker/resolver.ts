import { Resolver } from "node:dns/promises";

/** Time for one try of one question, and tries, before a name counts as not there, ms. */
const TRY_MS = 2_000;
const TRIES = 2;
/** Bounds of how long an answer is used again, s: what its record says within these. */
const TTL_SECONDS = { min: 1, max: 60 };
const NAMES_MAX = 4_096;

/** The name has no address. The message may be shown to a function. */
export class NameError extends Error {
  override readonly name = "NameError";
}

/** All addresses of a name. @throws NameError */
export type Resolve = (name: string) => Promise<readonly string[]>;

/**
 * Asks the name servers themselves, over sockets of its own: getaddrinfo would block one of four threads for each name that a
 * hostile server never answers. The hosts file and search domains do not count.
 *
 * @param servers `address:port` of name servers; the machine's own when left out.
 */
export function nameServerResolver(servers?: readonly string[]): Resolve {
  const resolver = new Resolver({ timeout: TRY_MS, tries: TRIES });
  if (servers !== undefined) resolver.setServers(servers);
  const cache = new Map<string, { readonly answer: Promise<readonly string[]>; untilMs: number }>();

  async function ask(name: string): Promise<readonly string[]> {
    const results = await Promise.allSettled([
      resolver.resolve4(name, { ttl: true }),
      resolver.resolve6(name, { ttl: true }),
    ]);
    const records = results.flatMap((result) => (result.status === "fulfilled" ? result.value : []));
    if (records.length === 0) throw new NameError(`the name ${name} has no address`);
    const ttl = Math.min(TTL_SECONDS.max, Math.max(TTL_SECONDS.min, Math.min(...records.map((record) => record.ttl))));
    const entry = cache.get(name);
    if (entry !== undefined) entry.untilMs = performance.now() + ttl * 1_000;
    return records.map(({ address }) => address);
  }

  return (name) => {
    const found = cache.get(name);
    if (found !== undefined && found.untilMs > performance.now()) return found.answer;
    cache.delete(name);
    if (cache.size >= NAMES_MAX) cache.delete(cache.keys().next().value as string);
    const answer = ask(name);
    // Until the answer is there, others who ask for the same name wait for it.
    const entry = { answer, untilMs: Number.POSITIVE_INFINITY };
    cache.set(name, entry);
    answer.catch(() => {
      entry.untilMs = performance.now() + TTL_SECONDS.min * 1_000;
    });
    return answer;
  };
}
