import {
  Client,
  type ClientConfig,
  Connection as PgConnection,
  type QueryArrayConfig,
  type QueryArrayResult,
} from "pg";
import { BindingFault } from "../bindings/engine.ts";
import { connectFault, statementFault } from "./postgresFault.ts";
import type { PostgresRules } from "./rules.ts";
import type { PostgresServer } from "./settings.ts";

/** A parameter as the server reads it: text, or bytes as they are. */
export type PostgresParam = string | null | Buffer;

export interface PostgresStatement {
  readonly text: string;
  readonly params: readonly PostgresParam[];
}

/** Every value as the server writes it; the isolate reads them by their types. */
export interface PostgresRows {
  readonly command: string;
  readonly rowCount: number | null;
  readonly fields: readonly (readonly [name: string, type: number])[];
  readonly rows: readonly (readonly (string | null)[])[];
}

/** What `pg` has and its types do not tell. */
interface Internals {
  readonly processID: number | null;
  readonly secretKey: number | null;
  readonly connection: PgConnection & { on(event: "copyInResponse" | "copyOutResponse", hear: () => void): void };
  /** `I` outside of a transaction, `T` in one, `E` in one that failed. */
  getTransactionStatus(): string | null;
}

const AS_TEXT = { getTypeParser: () => (value: string) => value } as unknown as NonNullable<QueryArrayConfig["types"]>;

/** Time that asking the server to stop a statement may take, ms. */
const STOP_MS = 5_000;

/**
 * A role that may do this reaches beyond the database: the server's files and programs. Up to PostgreSQL 15, one that
 * makes roles may give itself those that do.
 */
const REACHES_BEYOND = `
  SELECT rolname FROM pg_catalog.pg_roles
  WHERE (rolsuper OR rolname IN ('pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files')
      OR (rolcreaterole AND pg_catalog.current_setting('server_version_num')::int < 160000))
    AND pg_catalog.pg_has_role(oid, 'MEMBER')
  LIMIT 1`;

/** One connection; one statement at a time. */
export class Connection {
  readonly openedAtMs = performance.now();
  readonly #server: PostgresServer;
  readonly #rules: PostgresRules;
  readonly #client: Client & Internals;
  #received = 0;
  #isBusy = false;
  #isLost = false;
  /** Why we ended it ourselves. */
  #cutFor: BindingFault | undefined;

  private constructor(server: PostgresServer, rules: PostgresRules) {
    this.#server = server;
    this.#rules = rules;
    this.#client = new Client(clientConfig(server, rules)) as Client & Internals;
    this.#client.on("error", () => this.#lost());
    this.#client.on("end", () => this.#lost());
  }

  /** @throws BindingFault */
  static async open(name: string, server: PostgresServer, rules: PostgresRules): Promise<Connection> {
    const connection = new Connection(server, rules);
    try {
      await connection.#client.connect();
      connection.#watch();
      const { rows } = await connection.query({ text: REACHES_BEYOND, params: [] });
      const [role] = rows[0] ?? [];
      if (role !== undefined) throw tooMighty(name, role);
      return connection;
    } catch (error) {
      connection.cut();
      throw connectFault(name, error instanceof BindingFault ? (error.cause ?? error) : error);
    }
  }

  get isLost(): boolean {
    return this.#isLost;
  }

  get isInTransaction(): boolean {
    return this.#client.getTransactionStatus() !== "I";
  }

  /** @throws BindingFault */
  async query({ text, params }: PostgresStatement): Promise<PostgresRows> {
    const { statementMs, graceMs } = this.#rules;
    this.#received = 0;
    this.#isBusy = true;
    const late = new BindingFault("ERR_BINDING_TIMEOUT", `the statement ran for ${statementMs} ms, which is the most`);
    const timer = setTimeout(() => this.cut(late), statementMs + graceMs);
    try {
      const config = { text, values: [...params], rowMode: "array", queryMode: "extended", types: AS_TEXT } as const;
      const result = await this.#client.query<(string | null)[]>(config);
      // The rest of what we cut off may have come with it.
      if (this.#cutFor !== undefined) throw this.#cutFor;
      return told(result);
    } catch (error) {
      throw this.#cutFor ?? statementFault(error);
    } finally {
      clearTimeout(timer);
      this.#isBusy = false;
    }
  }

  /** Makes it as new: no transaction, setting, temporary table, lock or listener of whoever had it. @throws BindingFault */
  async reset(): Promise<void> {
    if (this.isInTransaction) await this.query({ text: "ROLLBACK", params: [] });
    await this.query({ text: "DISCARD ALL", params: [] });
  }

  /** Ends it at once. The server rolls back, and what runs there is stopped. */
  cut(why?: BindingFault): void {
    if (this.#isLost) return;
    this.#cutFor = why;
    const { processID, secretKey } = this.#client;
    if (this.#isBusy && processID !== null && secretKey !== null) stopAtServer(this.#server, processID, secretKey);
    this.#client.connection.stream.destroy();
    this.#lost();
  }

  #watch(): void {
    const { connection } = this.#client;
    const { resultBytes } = this.#rules;
    connection.stream.on("data", (chunk: Buffer) => {
      this.#received += chunk.length;
      if (this.#received <= resultBytes) return;
      const message = `the result is larger than ${resultBytes} bytes: use LIMIT, or select fewer columns`;
      this.cut(new BindingFault("ERR_BINDING_TOO_LARGE", message));
    });
    const copies = new BindingFault("ERR_BINDING_REFUSED", "COPY from and to the client cannot be used");
    connection.on("copyInResponse", () => this.cut(copies));
    connection.on("copyOutResponse", () => this.cut(copies));
  }

  #lost(): void {
    this.#isLost = true;
  }
}

function clientConfig(server: PostgresServer, rules: PostgresRules): ClientConfig {
  const { host, port, user, password, database } = server;
  return {
    host,
    port,
    user,
    // Without one, `pg` would look for a file of passwords.
    password: () => password,
    database,
    ssl: tlsOf(server),
    application_name: "edge-fleet",
    statement_timeout: rules.statementMs,
    idle_in_transaction_session_timeout: rules.idleInTransactionMs + rules.graceMs,
    connectionTimeoutMillis: rules.connectMs,
    keepAlive: true,
  };
}

function tlsOf({ tls, ca }: PostgresServer) {
  return tls && { rejectUnauthorized: true, minVersion: "TLSv1.2" as const, ...(ca !== undefined && { ca }) };
}

function told({ command, rowCount, fields, rows }: QueryArrayResult<(string | null)[]>): PostgresRows {
  return { command, rowCount, fields: fields.map(({ name, dataTypeID }) => [name, dataTypeID]), rows };
}

function tooMighty(name: string, role: string | null): BindingFault {
  const message = `the database ${name} lets the node in with the rights of ${role}, which reach the server's files: give functions a role without them`;
  return new BindingFault("ERR_BINDING_UNAVAILABLE", message);
}

/** A connection of its own says so: the protocol has no other way. */
function stopAtServer(server: PostgresServer, processID: number, secretKey: number): void {
  const connection = new PgConnection({ ssl: tlsOf(server) } as never) as PgConnection & {
    cancel(processID: number, secretKey: number): void;
    requestSsl(): void;
    connect(port: number | string, host?: string): void;
    on(event: string, hear: () => void): void;
  };
  const stop = () => connection.cancel(processID, secretKey);
  connection.on("connect", () => (server.tls ? connection.requestSsl() : stop()));
  connection.on("sslconnect", stop);
  const end = () => connection.stream.destroy();
  connection.on("error", end);
  setTimeout(end, STOP_MS).unref();
  const { host, port } = server;
  if (host.startsWith("/")) connection.connect(`${host}/.s.PGSQL.${port}`);
  else connection.connect(port, host);
}
