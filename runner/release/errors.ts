/** Every way in which a release, its store or its pointer can be wrong, with one gloss each. */
export const RELEASE_FAULTS = {
  ERR_RELEASE_SIZE: "larger than a release may be",
  ERR_RELEASE_JSON: "not JSON in UTF-8",
  ERR_RELEASE_SCHEMA: "written in a layout this node does not know",
  ERR_RELEASE_SHAPE: "a field is missing, unknown or malformed",
  ERR_RELEASE_ROUTES: "two functions claim the same requests, or all routes together cost too much to match",
  ERR_RELEASE_HASH: "the content is not what its hash says",
  ERR_RELEASE_SIGNATURE: "not signed by a key that this node has",
  ERR_RELEASE_MISSING: "named by the pointer or the table, but not in the store",
  ERR_RELEASE_REPLAYED: "the pointer's generation did not grow",
  ERR_RELEASE_CHANGE: "the function's state does not allow what is asked for",
  ERR_RELEASE_CONFLICT: "another deployer was faster with the same functions",
  ERR_RELEASE_DRIFT: "commands changed what a program declares, and the config says to refuse that",
  ERR_RELEASE_STORE_FULL: "no space is left where it must be written",
  ERR_RELEASE_STORE: "the store cannot be read or written",
  ERR_RELEASE_RUNNER: "the runner refused to serve it",
} as const;

export type ReleaseFault = keyof typeof RELEASE_FAULTS;

export class ReleaseError extends Error {
  override readonly name = "ReleaseError";
  readonly code: ReleaseFault;
  /** The key path, module or file that is at fault. */
  readonly where: string;

  constructor(code: ReleaseFault, where: string, what: string, options?: ErrorOptions) {
    super(`${where}: ${what}`, options);
    this.code = code;
    this.where = where;
  }
}

/** A pointer in a layout that this code does not know: there is a newer generation, whatever else it says. */
export class NewerPointerError extends ReleaseError {
  /** Null where even that cannot be read. */
  readonly generation: number | null;

  constructor(where: string, what: string, generation: unknown) {
    super("ERR_RELEASE_SCHEMA", where, what);
    this.generation = Number.isSafeInteger(generation) && (generation as number) > 0 ? (generation as number) : null;
  }
}
