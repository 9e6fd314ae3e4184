/** Where a function version runs, judged by what it did. Pure: every rule takes the time and gives the next state. */

export type Place =
  /** In the workers that serve everybody. */
  | "shared"
  /** In the worker that stands by, until it has shown that it does no harm. */
  | "probation"
  /** In a worker of its own. */
  | "private"
  /** Nowhere: its requests are refused for a while. */
  | "quarantined";

export interface Health {
  readonly place: Place;
  /** It asks for a private worker, and keeps it however well it behaves. */
  readonly wantsPrivate: boolean;
  /** Processes that died under it, each shared among its suspects; halves every {@link HALF_LIFE_MS}. */
  readonly blame: number;
  readonly blamedAtMs: number;
  /** Answers since it was put where it is, or since its last offence there. */
  readonly answers: number;
  /** When the first of them was given. */
  readonly goodSinceMs: number | undefined;
  /** Private workers that it took down since it came there. */
  readonly privateDeaths: number;
  /** Quarantines in a row, which double the next one. */
  readonly quarantines: number;
  /** End of the quarantine. */
  readonly untilMs: number | undefined;
  /** Why it is in a private worker or in quarantine. */
  readonly reason: string | undefined;
}

/** Answers, or time since the first answer, without an offence that end probation. */
export const PROBATION = { answers: 20, goodMs: 30_000 };
/** Answers and time without an offence that lead from a private worker back to probation. */
export const GOOD_BEHAVIOUR = { answers: 100, goodMs: 60_000 };
/** Blame at which a function gets a private worker: one death of which it is the only suspect, or a few shared ones. */
const PRIVATE_AT = 0.9;
/** Blame at which a function is watched in probation again. */
const WATCHED_AT = 0.45;
const HALF_LIFE_MS = 5 * 60_000;
/** Private workers that a function may take down; after a quarantine one is enough. */
const PRIVATE_DEATHS_MAX = 2;
/** Length of a first quarantine and of the longest. */
export const QUARANTINE_MS = { first: 10_000, longest: 600_000 };

/** @param place where the version starts: `probation` when it is new, `shared` when it was tried before. */
export function newHealth(place: "shared" | "probation", wantsPrivate: boolean): Health {
  return {
    place: wantsPrivate ? "private" : place,
    wantsPrivate,
    blame: 0,
    blamedAtMs: 0,
    answers: 0,
    goodSinceMs: undefined,
    privateDeaths: 0,
    quarantines: 0,
    untilMs: undefined,
    reason: wantsPrivate ? "it asks for a worker of its own" : undefined,
  };
}

/** It answered. A function that is shared and blameless costs nothing here. */
export function afterAnswer(health: Health, nowMs: number): Health {
  if (health.place === "shared" || health.place === "quarantined") return health;
  const good = { ...health, answers: health.answers + 1, goodSinceMs: health.goodSinceMs ?? nowMs };
  if (good.place !== "private" || !hasBehaved(good, nowMs)) return good;
  const cleared = { ...forgiven(good), privateDeaths: 0 };
  return good.wantsPrivate
    ? { ...cleared, quarantines: 0, reason: "it asks for a worker of its own" }
    : { ...cleared, place: "probation", reason: undefined };
}

/** Whether a function in probation may go to the shared workers. */
export function isProbationOver(health: Health, nowMs: number): boolean {
  if (health.place !== "probation" || health.goodSinceMs === undefined) return false;
  return health.answers >= PROBATION.answers || nowMs - health.goodSinceMs >= PROBATION.goodMs;
}

export function promoted(health: Health): Health {
  return { ...health, place: "shared", quarantines: 0, answers: 0, goodSinceMs: undefined };
}

/** It broke a limit that cost its isolate: what it has shown so far counts no more. */
export function afterOffence(health: Health): Health {
  return health.answers === 0 ? health : { ...health, answers: 0, goodSinceMs: undefined };
}

/**
 * A worker process died under it.
 *
 * @param weight 1 when it alone can have done it, less when others can as well, 0 when none of them did.
 */
export function afterDeath(health: Health, death: { weight: number; cause: string; nowMs: number }): Health {
  const { weight, cause, nowMs } = death;
  if (weight === 0 || health.place === "quarantined") return health;
  const blame = decayedBlame(health, nowMs) + weight;
  const blamed = { ...health, blame, blamedAtMs: nowMs, answers: 0, goodSinceMs: undefined };
  if (health.place === "private") {
    const privateDeaths = health.privateDeaths + weight;
    const most = health.quarantines > 0 ? 1 : PRIVATE_DEATHS_MAX;
    return privateDeaths > most - (1 - PRIVATE_AT) ? quarantined(blamed, cause, nowMs) : { ...blamed, privateDeaths };
  }
  if (blame >= PRIVATE_AT) {
    return { ...blamed, place: "private", privateDeaths: 0, reason: `it took down its worker process (${cause})` };
  }
  return blame >= WATCHED_AT ? { ...blamed, place: "probation" } : blamed;
}

/** What becomes of it with time alone: a quarantine ends with a trial in a private worker. */
export function atTime(health: Health, nowMs: number): Health {
  if (health.place !== "quarantined" || nowMs < (health.untilMs ?? 0)) return health;
  return { ...forgiven(health), place: "private", privateDeaths: 0, untilMs: undefined };
}

function quarantined(health: Health, cause: string, nowMs: number): Health {
  const { first, longest } = QUARANTINE_MS;
  const forMs = Math.min(first * 2 ** health.quarantines, longest);
  return {
    ...health,
    place: "quarantined",
    quarantines: health.quarantines + 1,
    untilMs: nowMs + forMs,
    reason: `it took down its private worker process (${cause})`,
  };
}

function hasBehaved({ answers, goodSinceMs }: Health, nowMs: number): boolean {
  return answers >= GOOD_BEHAVIOUR.answers && goodSinceMs !== undefined && nowMs - goodSinceMs >= GOOD_BEHAVIOUR.goodMs;
}

/** Somebody has lifted what was laid on it. */
export function lifted(health: Health): Health {
  return health.place === "quarantined" || (health.place === "private" && !health.wantsPrivate)
    ? newHealth("probation", health.wantsPrivate)
    : health;
}

function forgiven(health: Health): Health {
  return { ...health, blame: 0, answers: 0, goodSinceMs: undefined };
}

function decayedBlame({ blame, blamedAtMs }: Health, nowMs: number): number {
  return blame * 0.5 ** ((nowMs - blamedAtMs) / HALF_LIFE_MS);
}
