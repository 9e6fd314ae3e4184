import { openFiles, residentMb, runnerProcesses } from "../../runner/runnerProcesses.ts";

const KINDS = ["router", "broker", "worker"] as const;

/** What the runner's processes hold, the largest of each kind. */
export type Holdings = Readonly<Record<(typeof KINDS)[number], { readonly mb: number; readonly files: number }>>;

export function holdingsOf(supervisor: number): Holdings {
  const largest = (kind: (typeof KINDS)[number]) => {
    const pids = runnerProcesses(supervisor, kind);
    return {
      mb: Math.round(Math.max(0, ...pids.map(residentMb))),
      files: Math.max(0, ...pids.map((pid) => openFiles(pid).length)),
    };
  };
  return { router: largest("router"), broker: largest("broker"), worker: largest("worker") };
}

export function textOf(holdings: Holdings): string {
  return KINDS.map((kind) => `${kind} ${holdings[kind].mb} MB, ${holdings[kind].files} files`).join("; ");
}
