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

/** `GET /releases`: what the runner serves now; nulls before its first release. */
export interface ActiveRelease {
  readonly generation: number | null;
  readonly release: number | null;
  readonly functions: Readonly<Record<string, FunctionStatus>>;
}
