import { Agent, request as httpRequest } from "node:http";
import { setTimeout as delay } from "node:timers/promises";

/** What is asked over and over. */
export interface Target {
  readonly path: string;
  readonly method?: string;
  readonly body?: string;
}

export interface Sample {
  readonly path: string;
  readonly method: string;
  /** When it was sent, ms of `performance.now()`. */
  readonly sentAt: number;
  readonly tookMs: number;
  /** 0 when the connection ended without a whole answer. */
  readonly status: number;
  /** Code of the runner's own errors, or what ended the connection; undefined for a function's own answer. */
  readonly error: string | undefined;
}

const GIVE_UP_MS = 40_000;

/**
 * A steady load on one runner: requests go out on schedule, however slow answers are, so that a stalled runner cannot hide
 * behind its clients. Stops when told, and after `longestMs` at the latest.
 */
export class SteadyLoad {
  readonly samples: Sample[] = [];
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 256 });
  readonly #stop = new AbortController();
  readonly #done: Promise<void>;

  constructor(
    socketPath: string,
    load: { readonly targets: readonly Target[]; readonly perSecond: number; readonly longestMs: number },
  ) {
    this.#done = this.#run(socketPath, load);
  }

  async stop(): Promise<readonly Sample[]> {
    this.#stop.abort();
    await this.#done;
    this.#agent.destroy();
    return this.samples;
  }

  /** What was sent since a moment of `performance.now()` and has been answered. */
  since(sentAt: number): Sample[] {
    return this.samples.filter((sample) => sample.sentAt >= sentAt);
  }

  async #run(
    socketPath: string,
    { targets, perSecond, longestMs }: { targets: readonly Target[]; perSecond: number; longestMs: number },
  ): Promise<void> {
    const started = performance.now();
    const pending = new Set<Promise<void>>();
    for (let sent = 0; !this.#stop.signal.aborted; sent++) {
      const dueMs = (sent / perSecond) * 1_000;
      if (dueMs > longestMs) break;
      const waitMs = started + dueMs - performance.now();
      if (waitMs > 1) await delay(waitMs);
      const sample = this.#sample(socketPath, targets[sent % targets.length] as Target);
      pending.add(sample);
      void sample.then(() => pending.delete(sample));
    }
    await Promise.all(pending);
  }

  #sample(socketPath: string, { path, method = "GET", body }: Target): Promise<void> {
    const sentAt = performance.now();
    return new Promise((resolve) => {
      const end = (status: number, error?: string) => {
        this.samples.push({ path, method, sentAt, tookMs: performance.now() - sentAt, status, error });
        resolve();
      };
      const length = body === undefined ? {} : { "content-length": Buffer.byteLength(body) };
      const request = httpRequest(
        { socketPath, path, method, agent: this.#agent, headers: { host: "edge.example", ...length } },
        (response) => {
          response.resume();
          response.once("error", (error) => end(0, error.message));
          response.once("end", () => end(response.statusCode ?? 0, response.headers["x-edge-error"] as string));
        },
      );
      request.setTimeout(GIVE_UP_MS, () => request.destroy(new Error("no answer in time")));
      request.once("error", (error) => end(0, error.message));
      request.end(body);
    });
  }
}

/** The time within which a share of the requests was answered, ms. */
export function percentileMs(samples: readonly Sample[], share: number): number {
  const sorted = samples.map(({ tookMs }) => tookMs).sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}
