/** Which arguments are keys: the first, the first two, all, every other one from the first, or as many as the first argument says. */
type Keys = "first" | "two" | "all" | "pairs" | "counted";

interface CommandRule {
  readonly keys: Keys;
  /** Changes something. */
  readonly writes: boolean;
}

const READS: Readonly<Record<Keys, string>> = {
  first: `GET GETRANGE STRLEN TTL PTTL EXPIRETIME PEXPIRETIME TYPE GETBIT BITCOUNT
    HGET HMGET HGETALL HEXISTS HKEYS HVALS HLEN HSTRLEN HRANDFIELD HSCAN
    LLEN LRANGE LINDEX LPOS SMEMBERS SISMEMBER SMISMEMBER SCARD SRANDMEMBER SSCAN
    ZSCORE ZMSCORE ZRANK ZREVRANK ZCARD ZCOUNT ZLEXCOUNT ZRANGE ZRANGEBYSCORE ZREVRANGE ZREVRANGEBYSCORE ZRANDMEMBER ZSCAN
    XLEN XRANGE XREVRANGE GEODIST GEOPOS GEOHASH GEOSEARCH`,
  two: "",
  all: "MGET EXISTS SINTER SUNION SDIFF PFCOUNT",
  pairs: "",
  counted: "SINTERCARD",
};

const WRITES: Readonly<Record<Keys, string>> = {
  first: `SET SETEX PSETEX SETNX GETSET GETDEL GETEX APPEND INCR DECR INCRBY DECRBY INCRBYFLOAT
    EXPIRE PEXPIRE EXPIREAT PEXPIREAT PERSIST
    HSET HSETNX HDEL HINCRBY HINCRBYFLOAT LPUSH RPUSH LPUSHX RPUSHX LPOP RPOP LSET LINSERT LREM LTRIM
    SADD SREM SPOP ZADD ZREM ZINCRBY ZPOPMIN ZPOPMAX ZREMRANGEBYRANK ZREMRANGEBYSCORE ZREMRANGEBYLEX
    PFADD XADD XDEL XTRIM GEOADD`,
  two: "RENAME RENAMENX LMOVE SMOVE ZRANGESTORE",
  all: "DEL UNLINK TOUCH SINTERSTORE SUNIONSTORE SDIFFSTORE PFMERGE",
  pairs: "MSET MSETNX",
  counted: "",
};

/**
 * What functions may ask Redis for, beside SCAN, which is rewritten. Not here: what holds or changes the shared connection (MULTI, SUBSCRIBE, BLPOP,
 * SELECT), reaches keys by pattern or by another database (KEYS, SORT, COPY, EVAL), takes much memory with a small command (SETRANGE, SETBIT), and
 * what administers.
 */
export const REDIS_COMMANDS: ReadonlyMap<string, CommandRule> = new Map(
  [...rulesOf(READS, false), ...rulesOf(WRITES, true)].toSorted(([a], [b]) => (a < b ? -1 : 1)),
);

function rulesOf(commands: Readonly<Record<Keys, string>>, writes: boolean): (readonly [string, CommandRule])[] {
  return Object.entries(commands).flatMap(([keys, names]) =>
    names
      .split(/\s+/)
      .filter((name) => name !== "")
      .map((name) => [name, { keys: keys as Keys, writes }] as const),
  );
}
