import type { StartOutcome } from "../protocol/messages.ts";
import type { BrokerGrants } from "./brokerGrants.ts";
import type { CodeCaches } from "./code/codeCaches.ts";
import type { Deployment } from "./deployment.ts";
import type { Slot, WorkerLink } from "./workerSlots.ts";

/** Modules of one worker and their compiled forms, bytes; what was used longest ago is taken out again. A worker's own heap is small. */
const MODULE_BYTES_MAX = 64 * 1024 * 1024;

/** Whether a trial start could be judged: `lost` when the worker died meanwhile. */
export type Trial = StartOutcome | "lost";

/** Tells the broker what a worker may ask for. */
export type Grants = Pick<BrokerGrants, "grant" | "release">;

/** Gives the compiled forms of modules. */
export type CodeSource = Pick<CodeCaches, "compiled">;

interface Load {
  readonly deployment: Deployment;
  /** Settled when the frame is on its way; undefined from then on. */
  loading: Promise<void> | undefined;
  bytes: number;
  usedAt: number;
  /** A request has begun in it here, so its module has been started here. */
  begun: boolean;
  /** Given out again, for another's sake or for good. */
  dropped: boolean;
}

/** Function versions that one worker process was given. */
export class SlotLoads {
  readonly #slot: Slot;
  readonly #link: WorkerLink;
  readonly #grants: Grants;
  readonly #code: CodeSource;
  readonly #loads = new Map<number, Load>();
  readonly #trials = new Map<number, { readonly deployment: Deployment; settle(trial: Trial): void }>();
  #bytes = 0;
  #tick = 0;

  constructor(slot: Slot, link: WorkerLink, parts: { readonly grants: Grants; readonly code: CodeSource }) {
    this.#slot = slot;
    this.#link = link;
    this.#grants = parts.grants;
    this.#code = parts.code;
  }

  get size(): number {
    return this.#loads.size;
  }

  /** Deployments whose start is being tried. */
  get onTrial(): Deployment[] {
    return [...this.#trials.values()].map(({ deployment }) => deployment);
  }

  /** @returns undefined when the worker has the function; else a promise of that, which may be rejected with why not. */
  ensure(deployment: Deployment): Promise<void> | undefined {
    const known = this.#loads.get(deployment.key);
    if (known !== undefined) {
      known.usedAt = ++this.#tick;
      return known.loading;
    }
    const load: Load = { deployment, loading: undefined, bytes: 0, usedAt: ++this.#tick, begun: false, dropped: false };
    this.#loads.set(deployment.key, load);
    const { key, manifest } = deployment;
    const { name, egress, bindings } = manifest;
    this.#grants.grant(key, { slot: this.#slot.index, function: name, allow: egress.allow, bindings });
    const loading = deployment.load().then(
      ({ source, body }) => {
        if (load.dropped) return;
        load.loading = undefined;
        this.#link.send("load", deployment.key, source, body);
        this.#grow(load, body.length);
        void this.#sendCompiled(load);
      },
      (error) => {
        // A read that failed is tried again by the next request.
        if (!load.dropped) this.#forget(load);
        throw error;
      },
    );
    load.loading = loading;
    return loading;
  }

  hasBegun(key: number): boolean {
    return this.#loads.get(key)?.begun === true;
  }

  noteBegun(key: number): void {
    const load = this.#loads.get(key);
    if (load !== undefined) load.begun = true;
  }

  unload(key: number): void {
    const load = this.#loads.get(key);
    if (load === undefined) return;
    this.#forget(load);
    if (load.loading === undefined) this.#link.send("unload", key, null);
  }

  /**
   * Starts a function version in this worker.
   *
   * @param keep whether its isolate stays, ready for the first request.
   */
  async start(deployment: Deployment, keep: boolean): Promise<Trial> {
    if (this.#trials.has(deployment.key)) return { ok: false, reason: "it is being started already" };
    const trial = new Promise<Trial>((settle) => {
      this.#trials.set(deployment.key, { deployment, settle });
    });
    try {
      await this.ensure(deployment);
    } catch (error) {
      this.hearStart(deployment.key, { ok: false, reason: (error as Error).message });
    }
    if (!this.#loads.has(deployment.key)) {
      this.hearStart(deployment.key, { ok: false, reason: "it was withdrawn before it started" });
    }
    if (this.#trials.has(deployment.key)) this.#link.send("probe", deployment.key, { keep });
    return trial;
  }

  hearStart(key: number, outcome: Trial): void {
    const trial = this.#trials.get(key);
    this.#trials.delete(key);
    trial?.settle(outcome);
  }

  /** The process is gone. */
  close(): void {
    for (const load of this.#loads.values()) load.dropped = true;
    this.#loads.clear();
    for (const key of [...this.#trials.keys()]) this.hearStart(key, "lost");
  }

  /** Nobody waits for it: until it is there the function runs from its source. */
  async #sendCompiled(load: Load): Promise<void> {
    const module = load.deployment.soleModule;
    const compiled = module && (await this.#code.compiled(module));
    if (compiled === undefined || load.dropped) return;
    this.#link.send("script", load.deployment.key, { scriptBytes: compiled.scriptBytes }, compiled.body);
    this.#grow(load, compiled.body.length);
  }

  #grow(load: Load, bytes: number): void {
    load.bytes += bytes;
    this.#bytes += bytes;
    this.#makeRoom();
  }

  #forget(load: Load): void {
    const { key } = load.deployment;
    load.dropped = true;
    this.#bytes -= load.bytes;
    this.#loads.delete(key);
    this.#grants.release(key, this.#slot.index);
  }

  #makeRoom(): void {
    if (this.#bytes <= MODULE_BYTES_MAX) return;
    const inUse = new Set(this.#slot.calls.values().map(({ deployment }) => deployment.key));
    const oldestFirst = [...this.#loads.values()].sort((a, b) => a.usedAt - b.usedAt);
    for (const { deployment, loading } of oldestFirst) {
      if (this.#bytes <= MODULE_BYTES_MAX) return;
      const { key } = deployment;
      if (loading === undefined && !this.#trials.has(key) && !inUse.has(key)) this.unload(key);
    }
  }
}
