/** An entry no longer than this counts as CPU time altogether: asking the kernel costs as much as a small entry, ms. */
const SHORT_MS = 2;
/** How old the kernel's last word may be where an entry begins, ms. */
const FRESH_MS = 5;

/** A moment on this thread. */
export interface CpuMark {
  readonly wallMs: number;
  /** CPU time of this thread, as the kernel told it last. */
  readonly cpuMs: number;
}

let last: CpuMark = { wallMs: Number.NEGATIVE_INFINITY, cpuMs: 0 };

export function markCpu(): CpuMark {
  const wallMs = performance.now();
  if (wallMs - last.wallMs > FRESH_MS) last = { wallMs, cpuMs: threadCpuMs() };
  return { wallMs, cpuMs: last.cpuMs };
}

/** CPU time that this thread has had since then, rather a little more than less and never more than the clock, ms. */
export function cpuMsSince(mark: CpuMark): number {
  const nowMs = performance.now();
  const wallMs = nowMs - mark.wallMs;
  if (wallMs <= SHORT_MS) return wallMs;
  last = { wallMs: nowMs, cpuMs: threadCpuMs() };
  return Math.min(wallMs, last.cpuMs - mark.cpuMs);
}

/** CPU time that this thread has had, ms. isolated-vm's `cpuTime` is no such figure: it goes on while the thread waits for a CPU. */
function threadCpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

/** CPU time that all other threads of this process have had, ms: those that run isolates or host jobs, and V8's helpers. */
export function otherThreadsCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000 - threadCpuMs();
}
