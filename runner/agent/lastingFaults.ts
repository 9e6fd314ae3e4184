import type { Log } from "../log.ts";

/** Faults that last are logged when they begin, change or pass, not at each attempt. */
export class LastingFaults {
  readonly #log: Log;
  readonly #current = new Map<string, string>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** True when this fault is new. */
  met(part: string, message: string, cause: unknown): boolean {
    const error = messageOf(cause);
    if (this.#current.get(part) === error) return false;
    this.#current.set(part, error);
    this.#log("error", message, { error });
    return true;
  }

  passed(part: string): void {
    if (this.#current.delete(part)) this.#log("info", `${part} works again`);
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
