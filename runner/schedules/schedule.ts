/** Where one run of a schedule is enough: in the fleet, in each region, or on each node. */
export const SCHEDULE_SCOPES = ["fleet", "region", "node"] as const;
export type ScheduleScope = (typeof SCHEDULE_SCOPES)[number];

/** When a function's `scheduled` handler runs, and how often in the fleet. */
export interface Schedule {
  /** Five fields, in UTC. */
  readonly cron: string;
  readonly scope: ScheduleScope;
}

/** `POST /runs` on the runner's control socket: run a function's `scheduled` handler. */
export interface RunOrder extends Schedule {
  readonly function: string;
  /** The time of the schedule that it is for, Unix time in ms. */
  readonly scheduledTime: number;
  /** Number of the lease under which it runs. */
  readonly fencing: number;
}

/** What a run came to: `refused` has begun nothing. */
export const RUN_OUTCOMES = ["ok", "failed", "refused"] as const;
export interface RunVerdict {
  readonly outcome: (typeof RUN_OUTCOMES)[number];
  /** Why not ok. */
  readonly reason?: string;
}
