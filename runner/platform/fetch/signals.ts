import { AbortController, type AbortSignal, followSignals as followAll } from "../events/abort.ts";

/** Aborts when a request's client goes. Most functions never ask for its signal: it is made when one does. */
export class ClientSignal {
  #controller: AbortController | undefined;
  #isAborted = false;

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#isAborted) this.#controller.abort();
    }
    return this.#controller.signal;
  }

  abort(): void {
    this.#isAborted = true;
    this.#controller?.abort();
  }
}

/** What a request's own signal follows. */
export type SignalSource = ClientSignal | AbortSignal;

export function resolveSignal(source: SignalSource): AbortSignal {
  return source instanceof ClientSignal ? source.signal : source;
}

/** A new signal that aborts when one of these does. */
export function followSignals(sources: readonly SignalSource[]): AbortSignal {
  return followAll(sources.map(resolveSignal));
}
