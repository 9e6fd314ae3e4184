/** What Redis answers; text that is no UTF-8 comes as bytes. */
export type RedisReply = null | number | string | Uint8Array | readonly RedisReply[];

export type RedisArgument = string | number | bigint | ArrayBuffer | ArrayBufferView;

/** Keys of a Redis server, through the node's connection; each gets its prefix there. Every method rejects with a `BindingError`. */
export interface RedisClient {
  /** @returns null when there is none; what is no UTF-8 has U+FFFD in its place. */
  get(key: string): Promise<string | null>;
  /**
   * @param options `ttl`: seconds until it is forgotten. Default: never. `ifAbsent`: only when there is none yet. Default: false.
   * @returns whether it was set: false only with `ifAbsent`.
   */
  set(
    key: string,
    value: RedisArgument,
    options?: { readonly ttl?: number; readonly ifAbsent?: boolean },
  ): Promise<boolean>;
  /** @returns how many there were. */
  delete(...keys: readonly string[]): Promise<number>;
  /** Default: by 1. @returns what it is afterwards. */
  increment(key: string, by?: number): Promise<number>;
  /** Has it forgotten after so many seconds. @returns whether there is one. */
  expire(key: string, seconds: number): Promise<boolean>;
  /** Any command that functions may use. */
  command(name: string, ...args: readonly RedisArgument[]): Promise<RedisReply>;
  /** Several commands, sent together; the error of one is in its place among the answers. */
  pipeline(
    commands: Iterable<readonly [name: string, ...args: readonly RedisArgument[]]>,
  ): Promise<(RedisReply | Error)[]>;
}
