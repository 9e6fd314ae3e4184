import type { FunctionStatus } from "./types.ts";

/** What agent and runner say to each other on the runner's control socket, as JSON over HTTP. */

/** `POST /releases`: serve what is in `<releasesDir>/<release>`. */
export interface ReleaseOrder {
  readonly release: number;
  readonly generation: number;
}

/** The answer: 200 with `active`, or 422 with `refused` while the runner keeps what it served before. */
export interface ReleaseVerdict {
  readonly status: "active" | "refused";
  /** Why the release as a whole was refused. */
  readonly reason?: string;
  readonly functions: Readonly<Record<string, FunctionStatus>>;
}

/** What comes of functions whose secrets have changed. */
export const SECRET_RENEWALS = ["renewed", "refused"] as const;

/** The answer to `POST /secrets`, which tells the runner that secrets may have changed. */
export interface Renewal {
  /** Functions that run with new values from now on. */
  readonly renewed: readonly string[];
  /** Functions that could not start with theirs and keep the old ones, and why. */
  readonly refused: Readonly<Record<string, string>>;
}

/** `GET /releases`: what the runner serves now; nulls before its first release. */
export interface ActiveRelease {
  readonly generation: number | null;
  readonly release: number | null;
  readonly functions: Readonly<Record<string, FunctionStatus>>;
}
