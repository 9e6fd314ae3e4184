import type { EdgeFunction, KvNamespace, ScheduledEvent } from "@edge-fleet/runner/contract";
import { askUpstream, boundedText } from "edge-fleet/upstream";
import { chosenVariant, type Experiment, experimentFault } from "./ab-test/experiment.ts";

/**
 * Shows each visitor one variant of `env.UPSTREAM` and keeps them on it by a cookie. The experiment is JSON in KV, under its name;
 * on its schedule every node fetches it anew from `env.SOURCE`. Without an experiment everybody sees the upstream as it is.
 */

interface Env {
  readonly UPSTREAM?: string;
  readonly EXPERIMENT?: string;
  readonly SOURCE?: string;
  readonly EXPERIMENTS?: KvNamespace;
}

const NAME = /^[a-z0-9-]{1,64}$/;
/** An experiment that was changed holds for everybody after this. */
const KNOWN_MS = 5_000;
const COOKIE_SECONDS = 30 * 24 * 60 * 60;
const SOURCE_BYTES_MAX = 65_536;
const SOURCE_WITHIN_MS = 5_000;

let known: { readonly name: string; readonly experiment: Experiment | null; readonly readAt: number } | undefined;

export default {
  async fetch(request, env) {
    const missing = missingConfig(env);
    if (missing !== undefined) return failure(500, missing);
    const { UPSTREAM, EXPERIMENT: name, EXPERIMENTS } = env as Required<Env>;
    const experiment = await experimentOf(name, EXPERIMENTS);
    const { pathname } = new URL(request.url);
    try {
      if (experiment === null) return await askUpstream(UPSTREAM, request, { headers: { "x-variant": null } });
      const cookie = `ab-${name}`;
      const had = cookieOf(request, cookie);
      const { variant, path } = chosenVariant(experiment, had, randomShare());
      const response = await askUpstream(UPSTREAM, request, {
        path: path + pathname,
        headers: { "x-variant": `${name}=${variant}` },
      });
      if (variant !== had)
        response.headers.append(
          "set-cookie",
          `${cookie}=${variant}; Path=/; Max-Age=${COOKIE_SECONDS}; SameSite=Lax; Secure; HttpOnly`,
        );
      return privately(response);
    } catch (error) {
      console.error(error);
      return failure(502, "the upstream cannot be reached");
    }
  },

  async scheduled(_event: ScheduledEvent, { SOURCE, EXPERIMENT, EXPERIMENTS }: Env) {
    if (!SOURCE || !EXPERIMENT || EXPERIMENTS === undefined)
      throw new Error("it needs env.SOURCE, env.EXPERIMENT and bindings.EXPERIMENTS in the stack config");
    const response = await fetch(SOURCE, { signal: AbortSignal.timeout(SOURCE_WITHIN_MS) });
    if (!response.ok) throw new Error(`${SOURCE} answers ${response.status}`);
    const text = await boundedText(response, SOURCE_BYTES_MAX);
    if (text === undefined) throw new Error(`${SOURCE} has more than ${SOURCE_BYTES_MAX} bytes`);
    const fault = experimentFault(JSON.parse(text));
    if (fault !== undefined) throw new Error(`${SOURCE} is no experiment: ${fault}`);
    await EXPERIMENTS.put(EXPERIMENT, text);
  },
} satisfies EdgeFunction<Env>;

function missingConfig({ UPSTREAM, EXPERIMENT, EXPERIMENTS }: Env): string | undefined {
  const set = (what: string) => `set edge-fleet:functions.ab-test.${what} in the stack config`;
  if (!UPSTREAM) return `no upstream: ${set("env.UPSTREAM")}`;
  if (!EXPERIMENT || !NAME.test(EXPERIMENT))
    return `no name of an experiment, 1 to 64 of a–z, 0–9 and -: ${set("env.EXPERIMENT")}`;
  if (EXPERIMENTS === undefined) return `no store: ${set("bindings.EXPERIMENTS to { kv: experiments }")}`;
  return undefined;
}

/** What is no experiment counts as none: a page without a test is better than no page. */
async function experimentOf(name: string, experiments: KvNamespace): Promise<Experiment | null> {
  if (known?.name === name && Date.now() - known.readAt < KNOWN_MS) return known.experiment;
  let experiment: Experiment | null = null;
  try {
    const found = await experiments.get<Experiment>(name, "json");
    const fault = found === null ? undefined : experimentFault(found);
    if (fault === undefined) experiment = found;
    else console.error("what KV has is no experiment", { experiment: name, fault });
  } catch (error) {
    console.error("the experiment cannot be read", error);
  }
  known = { name, experiment, readAt: Date.now() };
  return experiment;
}

function cookieOf(request: Request, name: string): string | undefined {
  const cookies = (request.headers.get("cookie") ?? "").split(";").map((cookie) => cookie.trim());
  return cookies.find((cookie) => cookie.startsWith(`${name}=`))?.slice(name.length + 1);
}

/** 0 up to 1, not to be guessed. */
function randomShare(): number {
  return (crypto.getRandomValues(new Uint32Array(1))[0] as number) / 2 ** 32;
}

/** A cache in front would give one visitor's variant to all. */
function privately(response: Response): Response {
  for (const name of ["surrogate-control", "cdn-cache-control", "expires"]) response.headers.delete(name);
  response.headers.set("cache-control", "private, no-cache");
  return response;
}

function failure(status: number, message: string): Response {
  return Response.json({ error: message }, { status, headers: { "cache-control": "no-store" } });
}
