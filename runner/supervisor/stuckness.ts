/** How often a child tells that its event loop turns, ms. */
export const BEAT_MS = 200;
/** How often the supervisor looks at its children, ms. */
export const CHECK_MS = 100;
/** CPU time that a silent process may get before it counts as stuck, ms: with the beat and the look, under a second. */
const STUCK_CPU_MS = 800;
/** Silence that is too long even without CPU time, ms: stopped, or waiting for something that never comes. */
const STUCK_WALL_MS = 10_000;
/** The same where a thread's CPU time cannot be read. */
const STUCK_WALL_BLIND_MS = 5_000;

export interface Silence {
  /** Since the last beat, ms. */
  readonly wallMs: number;
  /** CPU time the main thread got since then, ms; undefined where it cannot be read. */
  readonly cpuMs: number | undefined;
}

/** A process is stuck when it had the CPU and said nothing: on a busy machine silence alone proves nothing. */
export function isStuck({ wallMs, cpuMs }: Silence): boolean {
  if (wallMs <= 2 * BEAT_MS) return false;
  if (cpuMs === undefined) return wallMs > STUCK_WALL_BLIND_MS;
  return cpuMs > STUCK_CPU_MS || wallMs > STUCK_WALL_MS;
}
