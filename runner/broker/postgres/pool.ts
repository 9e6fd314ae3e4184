import { FairQueue } from "../bindings/fairQueue.ts";
import { Tally } from "../tally.ts";
import { Connection } from "./connection.ts";
import type { PostgresRules } from "./rules.ts";
import type { PostgresServer } from "./settings.ts";

interface PoolParts {
  /** The database's name, for errors. */
  readonly name: string;
  /** The most connections at once. */
  readonly connections: number;
  readonly rules: PostgresRules;
  /** Asked for each new connection: a password that was changed is met by the next one. */
  server(): Promise<PostgresServer>;
}

/** Connections to one database, shared by functions; none may have more than half of them. */
export class PostgresPool {
  readonly #parts: PoolParts;
  readonly #queue: FairQueue<{ readonly owner: string }, void>;
  readonly #taken = new Tally();
  readonly #idle = new Map<Connection, NodeJS.Timeout>();
  #takenCount = 0;

  constructor(parts: PoolParts) {
    this.#parts = parts;
    const { waitingPerFunction: perFunction, waitMs } = parts.rules;
    this.#queue = new FairQueue({ what: `a connection to the database ${parts.name}`, perFunction, waitMs });
  }

  /** @param owner the function. @throws BindingFault, or the signal's reason. The connection is to be given back. */
  async take(owner: string, signal: AbortSignal): Promise<Connection> {
    const turn = this.#queue.wait({ owner }, signal);
    this.#next();
    await turn;
    try {
      return this.#idleOne() ?? (await this.#open());
    } catch (error) {
      this.#leave(owner);
      throw error;
    }
  }

  /** Takes it back, as new for the next function; one that is lost makes room. */
  async giveBack(owner: string, connection: Connection): Promise<void> {
    try {
      if (!connection.isLost) await connection.reset();
      this.#keep(connection);
    } catch {
      connection.cut();
    } finally {
      this.#leave(owner);
    }
  }

  /** Connections that wait for the next call. */
  get idle(): number {
    return this.#idle.size;
  }

  /** Ends the connections that nobody has. */
  close(): void {
    for (const connection of this.#idle.keys()) this.#end(connection);
  }

  async #open(): Promise<Connection> {
    const { name, rules, server } = this.#parts;
    return Connection.open(name, await server(), rules);
  }

  #keep(connection: Connection): void {
    const { idleMs, ageMs } = this.#parts.rules;
    if (connection.isLost) return;
    if (performance.now() - connection.openedAtMs > ageMs) connection.cut();
    else this.#idle.set(connection, setTimeout(() => this.#end(connection), idleMs).unref());
  }

  #idleOne(): Connection | undefined {
    for (const [connection, timer] of this.#idle) {
      clearTimeout(timer);
      this.#idle.delete(connection);
      if (!connection.isLost) return connection;
    }
    return undefined;
  }

  #end(connection: Connection): void {
    clearTimeout(this.#idle.get(connection));
    this.#idle.delete(connection);
    connection.cut();
  }

  #next(): void {
    const { connections } = this.#parts;
    const perFunction = Math.ceil(connections / 2);
    while (this.#takenCount < connections) {
      const next = this.#queue.take(({ owner }) => this.#taken.of(owner) < perFunction);
      if (next === undefined) return;
      this.#takenCount++;
      this.#taken.add(next.job.owner);
      next.go();
    }
  }

  #leave(owner: string): void {
    this.#takenCount--;
    this.#taken.remove(owner);
    this.#next();
  }
}
