import { limitFailure } from "../errors.ts";
import type { FunctionLimits } from "../limits.ts";
import { type SandboxLoss, StartError, startReason } from "./sandbox.ts";

/** Wall time of a start, top-level await included, ms: the CPU time that a function may be granted for it, on a busy machine. */
const START_WALL_MS = 10_000;

/** How one start ends: with the module's word that it is a function, unless anything goes wrong before the last step is over. */
export class IsolateStart {
  readonly #limits: FunctionLimits;
  readonly #reported = Promise.withResolvers<void>();
  readonly #wall: NodeJS.Timeout;
  #failure: StartError | undefined;

  constructor(limits: FunctionLimits) {
    this.#limits = limits;
    this.#wall = setTimeout(
      () => this.fail(new StartError(`its top level did not end within ${START_WALL_MS} ms`)),
      START_WALL_MS,
    );
  }

  /** The module says that it is a function: code of its top level may run on. */
  reported(): void {
    this.#reported.resolve();
  }

  /** The first failure counts. */
  fail(error: StartError): void {
    this.#failure ??= error;
    this.#reported.reject(error);
  }

  /** V8 or the top level threw. */
  threw(error: unknown): void {
    if (error instanceof StartError) this.fail(error);
    else if (/memory limit/.test(String(error))) this.lost("heap", this.#limits.heapMb);
    else this.fail(new StartError(startReason(error)));
  }

  lost(exit: SandboxLoss, used: number): void {
    const limit = exit === "heap" ? "heapMb" : "startMs";
    const value = this.#limits[limit];
    const told = limit === "heapMb" ? `heapMb: ${value}` : `startMs: ${value} of CPU time`;
    const failure = limitFailure(limit, this.#limits, used);
    this.fail(new StartError(`its top level used more than ${told}`, failure));
  }

  /** @param loaded settles with the last step of the loading. @throws StartError */
  async end(loaded: Promise<void>): Promise<void> {
    try {
      await this.#reported.promise;
      await loaded;
      if (this.#failure !== undefined) throw this.#failure;
    } finally {
      clearTimeout(this.#wall);
    }
  }
}
