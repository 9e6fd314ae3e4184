/**
 * How much a death says about the functions that ran: those that a supervisor or V8 ended did it to themselves; a signal
 * from elsewhere, a router that went, or a death that nobody reports (the whole service went) is nobody's fault.
 */
const WEIGHTS: Readonly<Record<string, number>> = {
  crash: 1,
  exit: 1,
  stuck: 1,
  memory: 1,
  signal: 0,
  router: 0,
  unknown: 0,
};

/** Whether nobody who ran in the process can have ended it. */
export function isNobodysFault(cause: string): boolean {
  return WEIGHTS[cause] === 0;
}

/** Shares a death among the functions whose code may have run: the only one has all of it, several have equal parts. */
export function shareBlame<Suspect>(cause: string, suspects: readonly Suspect[]): ReadonlyMap<Suspect, number> {
  const distinct = [...new Set(suspects)];
  const weight = WEIGHTS[cause] ?? 1;
  return new Map(distinct.map((suspect) => [suspect, weight / distinct.length]));
}
