const MB = 1024 * 1024;

/** What functions may take of a Redis server, on each node. */
export const REDIS_RULES = {
  /** Time for an answer, ms; a connection that gives none is made anew. */
  answerMs: 5_000,
  /** Time for a connection to be made, TLS and log-in included, ms. */
  connectMs: 3_000,
  /** After a connection that could not be made, how long until the next try, ms. */
  retryMs: 500,
  /** Commands of one call. */
  commands: 1_000,
  /** Arguments of one command. */
  args: 10_000,
  /** Arguments of all commands of a call. */
  callArgs: 20_000,
  /** Keys of one command; of HMGET, fields. Each may be named again and again, and be answered with as much. */
  keys: 1_000,
  /** Members at random that a call may ask for with repetition, by negative counts. */
  repeated: 1_000,
  /** Longest key, without the prefix, bytes. */
  keyBytes: 1_024,
  /** Largest argument, bytes. */
  valueBytes: MB,
  /** All commands of a call as JSON, bytes. */
  callBytes: 4 * MB,
  /** Answers to one call together, bytes; what is larger is read and thrown away. */
  replyBytes: 2 * MB,
  /** What all functions together may have under way to one server, bytes. */
  pendingBytes: 64 * MB,
  /** The most keys that SCAN looks at in one go. */
  scanCount: 1_000,
} as const;

export type RedisRules = { readonly [Rule in keyof typeof REDIS_RULES]: number };
