import type { Application } from "./application.ts";
import type { Peers } from "./peers.ts";

/** Where a server takes requests. */
export type Address = { readonly socket: string } | { readonly port: number };

/** What a candidate is started with. */
export interface Start {
  readonly application: Application;
  /** How many functions it serves, each a copy of the application. */
  readonly tenants: number;
  /** CPUs that it may use; all where there are none. */
  readonly cpus: readonly number[];
  /** A folder of its own. */
  readonly dir: string;
  readonly peers: Peers;
}

/** A candidate that runs. */
export interface Server {
  /** More than one where one process cannot use all its CPUs. */
  readonly addresses: readonly Address[];
  /** Processes that it consists of; those below them belong to it too. */
  readonly pids: readonly number[];
  stop(): Promise<void>;
}

/** Somebody's way to run functions. */
export interface Candidate {
  readonly name: string;
  /** How it runs here, in a word or two more. */
  readonly how: string;
  /** Whether one server of it runs many functions. */
  readonly isMultiTenant: boolean;
  start(start: Start): Promise<Server>;
}
