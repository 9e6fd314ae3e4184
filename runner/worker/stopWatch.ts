/** Time, and CPU time, within which a terminated isolate ends on a machine that lets it, ms. */
const STOPS_WITHIN_MS = 500;
/** Wall time after which it counts as unstoppable however little CPU there was, ms. */
const STOPS_WITHIN_WALL_MS = 5_000;
const LOOK_MS = 50;

/** What a terminated isolate has had since. */
export interface SinceStop {
  readonly wallMs: number;
  /** Its own CPU time. */
  readonly cpuMs: number;
}

/** Whether code that was told to stop never will: it had the CPU and runs on. On a busy machine time alone proves nothing. */
export function isUnstoppable({ wallMs, cpuMs }: SinceStop): boolean {
  if (wallMs > STOPS_WITHIN_WALL_MS) return true;
  return wallMs > STOPS_WITHIN_MS && cpuMs > STOPS_WITHIN_MS;
}

interface Stopping {
  isRunning(): boolean;
  /** CPU time that it has had so far, ms. */
  cpuMs(): number;
  /** Called once when it never will stop. */
  stuck(): void;
}

/** Looks after a terminated isolate until it has stopped. */
export function watchStop({ isRunning, cpuMs, stuck }: Stopping): void {
  const startedMs = performance.now();
  const cpuBeforeMs = cpuMs();
  const timer = setInterval(() => {
    if (!isRunning()) return clearInterval(timer);
    if (!isUnstoppable({ wallMs: performance.now() - startedMs, cpuMs: cpuMs() - cpuBeforeMs })) return;
    clearInterval(timer);
    stuck();
  }, LOOK_MS);
}
