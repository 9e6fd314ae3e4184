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

/** The fleet's Prometheus, on its hub. */
export class Prometheus {
  readonly #base: string;

  constructor({ config, stack }: Environment) {
    if (config.local === null)
      throw new CommandError(`stack ${stack} has target ${config.target}, whose hub is not reached in this version`);
    this.#base = `http://${config.local.hubAddress}:${config.local.ports.prometheus}`;
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
      throw new CommandError(`Prometheus at ${this.#base}: ${why}. Is the fleet up? \`npm start\` brings it up.`, {
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
