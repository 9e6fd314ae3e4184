import type { PostgresConfig } from "../../storesConfig.ts";
import { BindingFault } from "../bindings/engine.ts";
import { isLoopback } from "../bindings/loopback.ts";

/** Where a database is and who is let in. */
export interface PostgresServer {
  /** Name, address, or the folder of a UNIX socket. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly tls: boolean;
  readonly ca: string | undefined;
}

const DEFAULT_PORT = 5432;

/** @param config.url the secret's value. @throws BindingFault, which says what is wrong and nothing of the value */
export function postgresServer({ name, tls }: PostgresConfig, url: string, ca: string | undefined): PostgresServer {
  const refuse = (what: string) =>
    new BindingFault("ERR_BINDING_UNAVAILABLE", `the secret with the URL of the database ${name} ${what}`);
  if (!URL.canParse(url)) throw refuse("is no URL; write postgres://user:password@host:5432/database");
  const parsed = new URL(url);
  if (!["postgres:", "postgresql:"].includes(parsed.protocol)) throw refuse("does not begin with postgres://");
  const unknown = [...parsed.searchParams.keys()].filter((key) => key !== "host");
  if (unknown.length > 0) {
    throw refuse(`has the parameter ${unknown[0]}; only host is taken, and TLS is set in the stack config`);
  }
  const host = parsed.searchParams.get("host") ?? decoded(parsed.hostname.replace(/^\[(.*)\]$/, "$1"), refuse);
  const database = decoded(parsed.pathname.slice(1), refuse);
  const user = decoded(parsed.username, refuse);
  if (host === "") throw refuse("has no host");
  if (user === "") throw refuse("has no user");
  if (database === "") throw refuse("has no database after the host");
  const isSocket = host.startsWith("/");
  if (isSocket && tls === "verify") throw refuse("names a UNIX socket, over which there is no TLS");
  return {
    host,
    port: parsed.port === "" ? DEFAULT_PORT : Number(parsed.port),
    user,
    password: decoded(parsed.password, refuse),
    database,
    tls: tls === null ? !isSocket && !isLoopback(host) : tls === "verify",
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
