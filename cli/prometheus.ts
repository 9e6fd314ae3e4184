import { HUB_PROMETHEUS_PORT } from "../components/aws/hubMachine.ts";
import type { Environment } from "./environment.ts";
import { CommandError } from "./errors.ts";

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  /** Oldest first. */
  readonly values: readonly number[];
}

const ANSWERS_WITHIN_MS = 10_000;

/**
 * The Prometheus of a stack's hub: on this machine, or through Session Manager, which its disposal ends.
 *
 * @throws CommandError where the stack has no hub, or it cannot be reached
 */
export async function openPrometheus({ config, stack }: Environment, signal: AbortSignal): Promise<Prometheus> {
  const { aws, local, name } = config;
  if (local !== null) {
    return new Prometheus(`http://${local.hubAddress}:${local.ports.prometheus}`, {
      remedy: "Is the fleet up? `npm start` brings it up.",
    });
  }
  if (aws?.hub === undefined) {
    throw new CommandError(`stack ${stack} has no hub, and so no Prometheus: edge-fleet:aws.hub is not set`);
  }
  // Loaded here: the SDK is large, and a local stack does without.
  const [{ hubMachine }, { Tunnel }] = await Promise.all([import("./aws/hub.ts"), import("./aws/tunnel.ts")]);
  const machine = await hubMachine({ name, aws }, signal);
  const tunnel = await Tunnel.open({ region: aws.home, machine, port: HUB_PROMETHEUS_PORT }, signal);
  return new Prometheus(`http://127.0.0.1:${tunnel.port}`, { remedy: `Does it run on the hub, ${machine}?`, tunnel });
}

interface Reached {
  /** What to do where it does not answer. */
  readonly remedy: string;
  /** Closed by the disposal. Default: none. */
  readonly tunnel?: AsyncDisposable;
}

/** The fleet's Prometheus, on its hub. */
export class Prometheus implements AsyncDisposable {
  readonly #base: string;
  readonly #reached: Reached;

  constructor(base: string, reached: Reached) {
    this.#base = base;
    this.#reached = reached;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reached.tunnel?.[Symbol.asyncDispose]();
  }

  /** What an expression is now. @throws CommandError when Prometheus does not answer */
  async query(expression: string): Promise<Sample[]> {
    const result = (await this.#get("query", { query: expression })) as RawSample[];
    return result.map(({ metric, value: [, text] }) => ({ labels: metric, value: Number(text) }));
  }

  /** What an expression was over the last `overS` seconds, every `stepS`. */
  async range(
    expression: string,
    { overS, stepS }: { readonly overS: number; readonly stepS: number },
  ): Promise<Series[]> {
    const end = Math.floor(Date.now() / 1_000 / stepS) * stepS;
    const bounds = { start: `${end - overS}`, end: `${end}`, step: `${stepS}` };
    const result = (await this.#get("query_range", { query: expression, ...bounds })) as RawSeries[];
    return result.map(({ metric, values }) => {
      const byTime = new Map(values.map(([time, text]) => [time, Number(text)]));
      const times = Array.from({ length: overS / stepS + 1 }, (_, index) => end - overS + index * stepS);
      return { labels: metric, values: times.map((time) => byTime.get(time) ?? 0) };
    });
  }

  async #get(path: string, parameters: Readonly<Record<string, string>>): Promise<unknown> {
    const url = `${this.#base}/api/v1/${path}?${new URLSearchParams(parameters)}`;
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(ANSWERS_WITHIN_MS) });
      const body = (await response.json()) as { status: string; error?: string; data?: { result: unknown } };
      if (body.status !== "success") throw new Error(body.error ?? `status ${response.status}`);
      return body.data?.result;
    } catch (cause) {
      const why = cause instanceof TypeError ? "does not answer" : (cause as Error).message;
      throw new CommandError(`Prometheus at ${this.#base}: ${why}. ${this.#reached.remedy}`, {
        cause,
      });
    }
  }
}

interface RawSample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

interface RawSeries {
  readonly metric: Readonly<Record<string, string>>;
  readonly values: readonly (readonly [number, string])[];
}
