import { threadCpuMs } from "./cpuClock.ts";

/**
 * What the requests of one isolate have used of the CPU. Its entries run one by one: on this thread, or on another, whose time
 * is told while it passes.
 */
export class CpuCharges {
  readonly #byCall = new Map<number, number>();
  #runs = false;
  #call = 0;
  /** CPU time of this thread when the entry began, ms; undefined for one on another thread. */
  #beganAtMs: number | undefined;
  #accruedMs = 0;

  /** A request is charged from here on. */
  open(call: number): void {
    this.#byCall.set(call, 0);
  }

  has(call: number): boolean {
    return this.#byCall.has(call);
  }

  /** What runs after its request is over is nobody's. */
  close(call: number): void {
    this.#byCall.delete(call);
  }

  beginHere(call: number): void {
    this.#runs = true;
    this.#call = call;
    this.#beganAtMs = threadCpuMs();
  }

  beginElsewhere(call: number): void {
    this.#runs = true;
    this.#call = call;
    this.#beganAtMs = undefined;
    this.#accruedMs = 0;
  }

  accrue(cpuMs: number): void {
    this.#accruedMs += cpuMs;
  }

  /** CPU time of the entry that runs, ms. */
  get entryMs(): number {
    return this.#beganAtMs === undefined ? this.#accruedMs : threadCpuMs() - this.#beganAtMs;
  }

  /** CPU time of a request, the entry that runs included, ms. */
  of(call: number): number {
    const before = this.#byCall.get(call) ?? 0;
    return this.#runs && this.#call === call ? before + this.entryMs : before;
  }

  /** The entry is over. @returns its CPU time, ms */
  end(): number {
    const cpuMs = this.entryMs;
    const before = this.#byCall.get(this.#call);
    if (before !== undefined) this.#byCall.set(this.#call, before + cpuMs);
    this.#runs = false;
    return cpuMs;
  }
}
