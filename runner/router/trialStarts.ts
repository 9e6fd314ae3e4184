import type { Clock } from "./clock.ts";
import type { Deployment } from "./deployment.ts";
import type { PrivateSlots } from "./privateSlots.ts";
import type { SlotLoads, Trial } from "./slotLoads.ts";
import { isUsable, type Slot, type WorkerSlots } from "./workerSlots.ts";

/** Starts of function versions that no request asked for. */
export class TrialStarts {
  readonly #slots: WorkerSlots;
  readonly #clock: Clock;
  readonly #privates: PrivateSlots;
  readonly #warming = new Set<Deployment>();
  #waiting: (() => void)[] = [];

  constructor(parts: { slots: WorkerSlots; privates: PrivateSlots; clock: Clock }) {
    this.#slots = parts.slots;
    this.#privates = parts.privates;
    this.#clock = parts.clock;
  }

  /**
   * Starts a version in the worker that stands by, where it cannot harm a request.
   *
   * @param keep whether its isolate stays, ready for the first request; else the worker forgets the version.
   * @returns undefined when there is no such worker within `withinMs`.
   */
  async try(
    deployment: Deployment,
    { keep, withinMs }: { keep: boolean; withinMs: number },
  ): Promise<Trial | undefined> {
    const loads = await this.#usable(() => this.#slots.standby, withinMs);
    const trial = await loads?.start(deployment, keep);
    if (!keep && deployment.running === 0) loads?.unload(deployment.key);
    return trial;
  }

  /** Makes the version ready in the worker that will serve it. @returns false when that is under way already. */
  async warm(deployment: Deployment): Promise<boolean> {
    if (this.#warming.has(deployment)) return false;
    this.#warming.add(deployment);
    await this.#slots.home(deployment)?.loads?.start(deployment, true);
    return this.#warming.delete(deployment);
  }

  /** As {@link warm}, in the private worker of a version that wants one, when that is there within `withinMs`. */
  async warmPrivate(deployment: Deployment, withinMs: number): Promise<void> {
    const index = this.#privates.take(deployment);
    if (index === undefined) return;
    const loads = await this.#usable(() => this.#slots.all[index] as Slot, withinMs);
    await loads?.start(deployment, true);
  }

  /** A worker has come. */
  attached(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  async #usable(slotNow: () => Slot, withinMs: number): Promise<SlotLoads | undefined> {
    const giveUpAt = this.#clock.nowMs() + withinMs;
    while (!isUsable(slotNow())) {
      const leftMs = giveUpAt - this.#clock.nowMs();
      if (leftMs <= 0) return undefined;
      await this.#nextAttachment(leftMs);
    }
    return slotNow().loads;
  }

  #nextAttachment(withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#clock.after(withinMs, resolve);
      this.#waiting.push(() => {
        cancel();
        resolve();
      });
    });
  }
}
