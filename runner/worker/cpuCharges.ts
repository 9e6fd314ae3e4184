import { type CpuMark, cpuMsSince, markCpu } from "./cpuClock.ts";

/**
 * What the requests of one isolate have used of the CPU. Its entries run one by one: on this thread, or on another, whose time
 * is told while it passes.
 */
export class CpuCharges {
  readonly #byCall = new Map<number, number>();
  #runs = false;
  #call = 0;
  /** When the entry began on this thread; undefined for one on another. */
  #began: CpuMark | undefined;
  #accruedMs = 0;

  /** A request is charged from here on. */
  open(call: number): void {
    this.#byCall.set(call, 0);
  }

  has(call: number): boolean {
    return this.#byCall.has(call);
  }

  close(call: number): void {
    this.#byCall.delete(call);
  }

  beginHere(call: number): void {
    this.#runs = true;
    this.#call = call;
    this.#began = markCpu();
  }

  beginElsewhere(call: number): void {
    this.#runs = true;
    this.#call = call;
    this.#began = undefined;
    this.#accruedMs = 0;
  }

  accrue(cpuMs: number): void {
    this.#accruedMs += cpuMs;
  }

  /** Work done for a request elsewhere, of an entry or by the host. What has no open request is nobody's. */
  add(call: number, cpuMs: number): void {
    const before = this.#byCall.get(call);
    if (before !== undefined) this.#byCall.set(call, before + cpuMs);
  }

  /** CPU time of the entry that runs, ms. */
  get entryMs(): number {
    return this.#began === undefined ? this.#accruedMs : cpuMsSince(this.#began);
  }

  /** CPU time of a request, the entry that runs included, ms. */
  of(call: number): number {
    const before = this.#byCall.get(call) ?? 0;
    return this.#runs && this.#call === call ? before + this.entryMs : before;
  }

  /** The entry is over. @returns its CPU time, ms */
  end(): number {
    const cpuMs = this.entryMs;
    this.add(this.#call, cpuMs);
    this.#runs = false;
    return cpuMs;
  }
}
