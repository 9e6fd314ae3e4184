import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Application, ApplicationName } from "./application.ts";
import type { Candidate, Server, Start } from "./candidate.ts";
import type { Cores } from "./cores.ts";
import type { Peers } from "./peers.ts";

/** What every measure is given. */
export interface Bench {
  readonly applications: Readonly<Record<ApplicationName, Application>>;
  readonly peers: Peers;
  readonly cores: Cores;
  /** Rounds in which all candidates take their turn. */
  readonly rounds: number;
  /** Whether this candidate takes part. */
  readonly has: (candidate: Candidate) => boolean;
  /** Says what is done next. @throws Error when nothing more shall be done */
  readonly progress: (line: string) => void;
}

export interface Running<S extends Server = Server> {
  readonly server: S;
  readonly dir: string;
  end(): Promise<void>;
}

/** Starts a candidate in a folder of its own, which goes with it. */
export async function running<S extends Server>(
  start: Omit<Start, "dir" | "peers">,
  bench: Bench,
  run: (start: Start) => Promise<S>,
): Promise<Running<S>> {
  const dir = mkdtempSync(join(tmpdir(), "edge-bench-"));
  const remove = () => rmSync(dir, { recursive: true, force: true });
  try {
    const server = await run({ ...start, dir, peers: bench.peers });
    return {
      server,
      dir,
      async end() {
        await server.stop();
        remove();
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}
