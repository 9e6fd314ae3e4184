import type { NodeFunctionStatus } from "./functionStatus.ts";
import type { Metrics } from "./metrics.ts";

interface Shown {
  readonly function: string;
  readonly version: string;
  readonly status: string;
}

/** Shows how each function is now; what it was before is shown no more. */
export class StatusGauge {
  readonly #metrics: Metrics;
  readonly #shown = new Map<string, Shown>();

  constructor(metrics: Metrics) {
    this.#metrics = metrics;
  }

  show(statuses: Readonly<Record<string, NodeFunctionStatus>>): void {
    for (const [name, shown] of this.#shown) if (statuses[name] === undefined) this.#drop(shown);
    for (const [name, { version, status }] of Object.entries(statuses)) {
      const shown = this.#shown.get(name);
      if (shown?.status === status && shown.version === (version ?? "")) continue;
      if (shown !== undefined) this.#drop(shown);
      const next = { function: name, version: version ?? "", status };
      this.#metrics.set("edge_runner_function_status", next, 1);
      this.#shown.set(name, next);
    }
  }

  #drop(shown: Shown): void {
    this.#shown.delete(shown.function);
    this.#metrics.remove("edge_runner_function_status", shown);
  }
}
