import type { Environment } from "../environment.ts";
import { CommandError } from "../errors.ts";

/** A line of a runner's log. */
export interface LogRecord {
  readonly time: string;
  readonly level: string;
  readonly message: string;
  readonly node: string;
  readonly region: string;
  /** Absent where the runner speaks of itself. */
  readonly function?: string;
  readonly [field: string]: unknown;
}

export interface LogQuery {
  /** The newest so many that fit. */
  readonly last: number;
  /** Goes on with new ones until the signal. */
  readonly isTail: boolean;
  readonly fits: (record: LogRecord) => boolean;
  readonly signal: AbortSignal;
}

/** Where the runners' logs of a fleet are read. */
export interface LogSource {
  /** Oldest first; of several nodes by time, as far as they have come. */
  read(query: LogQuery): AsyncIterable<LogRecord>;
}

/** The stack's logs: files of the nodes of a local fleet. @throws CommandError for other targets */
export async function openLogSource(environment: Environment): Promise<LogSource> {
  const { config, stack } = environment;
  if (config.target !== "local") {
    throw new CommandError(
      `stack ${stack} has target ${config.target}, and this version has no hub for its logs; use a stack with target local`,
    );
  }
  const { LocalLogs } = await import("./localLogs.ts");
  return LocalLogs.of(environment);
}
