import { request } from "node:http";
import { REASON_LENGTH_MAX } from "../release/ack.ts";
import type { ActiveRelease, ReleaseOrder, ReleaseVerdict } from "../release/control.ts";
import type { FunctionStatus } from "../release/types.ts";

/** The runner starts every function of a release before it answers. */
const ORDER_TIMEOUT_MS = 60_000;
const QUESTION_TIMEOUT_MS = 2_000;
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
    const { status, body } = await this.#call("POST", ORDER_TIMEOUT_MS, order);
    const active = status === 200 && body.status === "active";
    if (!active && !(status === 422 && body.status === "refused")) throw this.#away(`answered ${status}`);
    const verdict = { status: active ? "active" : "refused", functions: readFunctions(body.functions) } as const;
    return typeof body.reason === "string" ? { ...verdict, reason: body.reason } : verdict;
  }

  /** @throws RunnerAwayError */
  async active(): Promise<ActiveRelease> {
    const { status, body } = await this.#call("GET", QUESTION_TIMEOUT_MS);
    if (status !== 200) throw this.#away(`answered ${status}`);
    const number = (value: unknown) => (Number.isSafeInteger(value) ? (value as number) : null);
    return {
      generation: number(body.generation),
      release: number(body.release),
      functions: readFunctions(body.functions),
    };
  }

  #call(method: string, timeoutMs: number, order?: ReleaseOrder): Promise<Answer> {
    const payload = order === undefined ? "" : JSON.stringify(order);
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(payload) };
    return new Promise<Answer>((resolve, reject) => {
      const signal = AbortSignal.any([this.#signal, AbortSignal.timeout(timeoutMs)]);
      const call = request({ socketPath: this.#socketPath, path: "/releases", method, headers, agent: false, signal });
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
