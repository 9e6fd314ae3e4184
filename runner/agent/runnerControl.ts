import { request } from "node:http";
import { LIMITS } from "../limits.ts";
import { REASON_LENGTH_MAX } from "../release/ack.ts";
import type { ActiveRelease, ReleaseOrder, ReleaseVerdict, Renewal } from "../release/control.ts";
import { validateSplitCounts } from "../release/splitReport.ts";
import type { FunctionStatus } from "../release/types.ts";
import { RUN_OUTCOMES, type RunOrder, type RunVerdict } from "../schedules/schedule.ts";
import type { SplitCounts } from "../traffic/armCounts.ts";

/** The runner starts every function of a release before it answers. */
const ORDER_TIMEOUT_MS = 60_000;
const QUESTION_TIMEOUT_MS = 2_000;
/** The runner ends a run in its own time, well before this. */
const RUN_TIMEOUT_MS = LIMITS.scheduledWallMs.ceiling + 60_000;
/** Statuses of 2,000 functions, a reason each. */
const ANSWER_BYTES_MAX = 16 * 1024 * 1024;

/** The runner is away or said something that is no answer; try again later. */
export class RunnerAwayError extends Error {
  override readonly name = "RunnerAwayError";
}

/** The runner's control socket, as the agent sees it. */
export class RunnerControl {
  readonly #socketPath: string;
  readonly #signal: AbortSignal;

  /** @param signal ends whatever is under way. */
  constructor(socketPath: string, signal: AbortSignal) {
    this.#socketPath = socketPath;
    this.#signal = signal;
  }

  /** @throws RunnerAwayError */
  async serve(order: ReleaseOrder): Promise<ReleaseVerdict> {
    const { status, body } = await this.#call({
      method: "POST",
      path: "/releases",
      timeoutMs: ORDER_TIMEOUT_MS,
      order,
    });
    const active = status === 200 && body.status === "active";
    if (!active && !(status === 422 && body.status === "refused")) throw this.#away(`answered ${status}`);
    const verdict = { status: active ? "active" : "refused", functions: readFunctions(body.functions) } as const;
    return typeof body.reason === "string" ? { ...verdict, reason: body.reason } : verdict;
  }

  /** @throws RunnerAwayError */
  async active(): Promise<ActiveRelease> {
    const { status, body } = await this.#call({ method: "GET", path: "/releases", timeoutMs: QUESTION_TIMEOUT_MS });
    if (status !== 200) throw this.#away(`answered ${status}`);
    const number = (value: unknown) => (Number.isSafeInteger(value) ? (value as number) : null);
    return {
      generation: number(body.generation),
      release: number(body.release),
      functions: readFunctions(body.functions),
    };
  }

  /** What the runner has counted of splits, by function. @throws RunnerAwayError */
  async splits(): Promise<Readonly<Record<string, SplitCounts>>> {
    const { status, body } = await this.#call({ method: "GET", path: "/splits", timeoutMs: QUESTION_TIMEOUT_MS });
    if (status !== 200) throw this.#away(`answered ${status}`);
    try {
      const entries = Object.entries(body.splits as object);
      return Object.fromEntries(entries.map(([name, counts]) => [name, validateSplitCounts(counts, `splits.${name}`)]));
    } catch (cause) {
      throw this.#away(`said of splits what cannot be read: ${(cause as Error).message}`, cause);
    }
  }

  /** Tells the runner that secrets may have changed. @throws RunnerAwayError */
  async renewSecrets(): Promise<Renewal> {
    const { status, body } = await this.#call({ method: "POST", path: "/secrets", timeoutMs: ORDER_TIMEOUT_MS });
    const { renewed, refused } = body;
    const isRenewal = Array.isArray(renewed) && typeof refused === "object" && refused !== null;
    if (status !== 200 || !isRenewal) throw this.#away(`answered ${status}`);
    const reasons = Object.entries(refused).map(([name, reason]) => [name, String(reason).slice(0, REASON_LENGTH_MAX)]);
    return { renewed: renewed.map(String), refused: Object.fromEntries(reasons) };
  }

  /**
   * Runs a scheduled handler to its end.
   *
   * @param signal tells the runner to stop it.
   * @throws RunnerAwayError when nothing was begun; what is not known to have ended well has failed.
   */
  async run(order: RunOrder, signal: AbortSignal): Promise<RunVerdict> {
    let isBegun = false;
    const begun = () => {
      isBegun = true;
    };
    try {
      const { status, body } = await this.#call({
        method: "POST",
        path: "/runs",
        timeoutMs: RUN_TIMEOUT_MS,
        order,
        signal,
        begun,
      });
      const outcome = RUN_OUTCOMES.find((known) => known === body.outcome);
      if (status !== 200 || outcome === undefined)
        return { outcome: "refused", reason: `the runner answered ${status}` };
      const { reason } = body;
      return typeof reason === "string" ? { outcome, reason: reason.slice(0, REASON_LENGTH_MAX) } : { outcome };
    } catch (error) {
      if (!isBegun || signal.aborted) throw error;
      return { outcome: "failed", reason: (error as Error).message };
    }
  }

  /** Ends a function's quarantine; it is no fault when the function is not here. @throws RunnerAwayError */
  async lift(name: string): Promise<void> {
    const { status } = await this.#call({
      method: "POST",
      path: `/functions/${name}`,
      timeoutMs: QUESTION_TIMEOUT_MS,
      order: { status: "active" },
    });
    if (status !== 200 && status !== 404) throw this.#away(`answered ${status}`);
  }

  #call({ method, path, timeoutMs, order, signal: given, begun }: Call): Promise<Answer> {
    const payload = order === undefined ? "" : JSON.stringify(order);
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(payload) };
    return new Promise<Answer>((resolve, reject) => {
      const signal = AbortSignal.any([this.#signal, AbortSignal.timeout(timeoutMs), ...(given ? [given] : [])]);
      const call = request({ socketPath: this.#socketPath, path, method, headers, agent: false, signal });
      if (begun !== undefined) call.once("socket", (socket) => socket.once("connect", begun));
      call.on("error", (cause) => reject(this.#away(cause.message, cause)));
      call.on("response", async (response) => {
        try {
          const chunks: Buffer[] = [];
          let bytes = 0;
          for await (const chunk of response) {
            bytes += (chunk as Buffer).length;
            if (bytes > ANSWER_BYTES_MAX) throw new Error(`answered more than ${ANSWER_BYTES_MAX} bytes`);
            chunks.push(chunk as Buffer);
          }
          const body: unknown = JSON.parse(Buffer.concat(chunks).toString());
          if (typeof body !== "object" || body === null) throw new Error("answered no JSON object");
          resolve({ status: response.statusCode ?? 0, body: body as Answer["body"] });
        } catch (cause) {
          call.destroy();
          reject(this.#away((cause as Error).message, cause));
        }
      });
      call.end(payload);
    });
  }

  #away(what: string, cause?: unknown): RunnerAwayError {
    return new RunnerAwayError(`runner at ${this.#socketPath}: ${what}`, { cause });
  }
}

interface Call {
  readonly method: string;
  readonly path: string;
  readonly timeoutMs: number;
  readonly order?: ReleaseOrder | RunOrder | { readonly status: "active" };
  readonly signal?: AbortSignal;
  /** The runner is there: from now on it may have done what it was told. */
  readonly begun?: () => void;
}

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

function readFunctions(value: unknown): Readonly<Record<string, FunctionStatus>> {
  if (typeof value !== "object" || value === null) return {};
  const statuses = Object.entries(value).map(([name, entry]): [string, FunctionStatus] => {
    const { version, status, reason } = (entry ?? {}) as Record<string, unknown>;
    const known = {
      version: String(version).slice(0, 64),
      status: status === "active" ? "active" : "refused",
    } as const;
    return [name, typeof reason === "string" ? { ...known, reason: reason.slice(0, REASON_LENGTH_MAX) } : known];
  });
  return Object.fromEntries(statuses);
}
