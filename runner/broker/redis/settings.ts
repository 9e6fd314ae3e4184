import type { RedisConfig } from "../../storesConfig.ts";
import { BindingFault } from "../bindings/engine.ts";
import { isLoopback } from "../bindings/loopback.ts";

/** Where a server is and who is let in. */
export interface RedisServer {
  /** Name or address; a path is a UNIX socket. */
  readonly host: string;
  readonly port: number;
  /** Null for the default user. */
  readonly user: string | null;
  /** Null where none is asked for. */
  readonly password: string | null;
  readonly database: number;
  readonly tls: boolean;
  readonly ca: string | undefined;
}

const DEFAULT_PORT = 6379;

/** @param url the secret's value. @throws BindingFault, which says what is wrong and nothing of the value */
export function redisServer({ name, tls }: RedisConfig, url: string, ca: string | undefined): RedisServer {
  const refuse = (what: string) =>
    new BindingFault("ERR_BINDING_UNAVAILABLE", `the secret with the URL of the Redis server ${name} ${what}`);
  if (!URL.canParse(url)) throw refuse("is no URL; write rediss://user:password@host:6379/0");
  const { protocol, hostname, port, pathname, searchParams, username, password } = new URL(url);
  if (!["redis:", "rediss:", "unix:"].includes(protocol))
    throw refuse("begins with none of rediss://, redis://, unix://");
  const isSocket = protocol === "unix:";
  const unknown = [...searchParams.keys()].find((key) => !(isSocket && key === "db"));
  if (unknown !== undefined) throw refuse(`has the parameter ${unknown}, which is not known`);
  const host = isSocket ? decoded(pathname, refuse) : hostname.replace(/^\[(.*)\]$/, "$1");
  if (host === "") throw refuse("has no host");
  const database = Number(isSocket ? (searchParams.get("db") ?? 0) : pathname.slice(1));
  if (!Number.isSafeInteger(database) || database < 0) throw refuse("has a database that is no number");
  const isSecure = protocol === "rediss:";
  if (isSecure && tls === "off") throw refuse("says rediss://, and the stack config tls: off");
  if (isSocket && tls === "verify") throw refuse("names a UNIX socket, over which there is no TLS");
  if (!isSecure && !isSocket && (tls === "verify" || (tls === null && !isLoopback(host)))) {
    throw refuse("says redis://, which is not encrypted; write rediss://, or set tls: off in the stack config");
  }
  return {
    host,
    port: port === "" ? DEFAULT_PORT : Number(port),
    user: username === "" ? null : decoded(username, refuse),
    password: password === "" ? null : decoded(password, refuse),
    database,
    tls: isSecure,
    ca,
  };
}

function decoded(text: string, refuse: (what: string) => BindingFault): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw refuse("has a % that begins no escape");
  }
}
