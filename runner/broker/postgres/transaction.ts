import { BindingFault } from "../bindings/engine.ts";
import type { Connection, PostgresRows, PostgresStatement } from "./connection.ts";
import type { PostgresRules } from "./rules.ts";

type Times = Pick<PostgresRules, "transactionMs" | "idleInTransactionMs">;

/** A transaction that a function has open. Its statements follow each other; it ends once, whatever ends it. */
export class Transaction {
  readonly #connection: Connection;
  readonly #times: Times;
  readonly #ended: () => void;
  readonly #total: NodeJS.Timeout;
  #idle: NodeJS.Timeout | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #running = 0;
  /** What later statements are told; undefined while it is open. */
  #over: BindingFault | undefined;

  /** @param ended takes the connection back: called once. */
  constructor(connection: Connection, times: Times, ended: () => void) {
    this.#connection = connection;
    this.#times = times;
    this.#ended = ended;
    const { transactionMs } = times;
    this.#total = setTimeout(() => this.#timeOut(`was open for ${transactionMs} ms, which is the most`), transactionMs);
    this.#rest();
  }

  /** @throws BindingFault */
  query(statement: PostgresStatement): Promise<PostgresRows> {
    return this.#inTurn(async () => {
      const rows = await this.#connection.query(statement);
      if (this.#over === undefined && !this.#connection.isInTransaction) {
        this.#end("was ended by a statement of its own: return from the function, or throw, instead");
        throw this.#over as unknown as BindingFault;
      }
      return rows;
    });
  }

  /** @throws BindingFault when it was rolled back instead. */
  commit(): Promise<void> {
    return this.#inTurn(async () => {
      const { command } = await this.#connection.query({ text: "COMMIT", params: [] });
      this.#end("is over");
      if (command === "COMMIT") return;
      const message = "a statement of the transaction had failed: it was rolled back";
      throw new BindingFault("ERR_BINDING_FAILED", message, { storeCode: "25P02" });
    });
  }

  /** Nobody wants it any more. A statement that runs is stopped, with its connection. */
  abandon(): void {
    if (this.#over !== undefined) return;
    if (this.#running > 0) this.#connection.cut();
    this.#end("is over");
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    clearTimeout(this.#idle);
    this.#running++;
    const before = this.#last;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#last = promise;
    await before;
    try {
      if (this.#over !== undefined) throw this.#over;
      return await work();
    } catch (error) {
      if (this.#connection.isLost) this.#end("lost its connection, and was rolled back");
      throw error;
    } finally {
      this.#running--;
      resolve();
      this.#rest();
    }
  }

  #rest(): void {
    if (this.#over !== undefined || this.#running > 0) return;
    const { idleInTransactionMs } = this.#times;
    const why = `had no statement for ${idleInTransactionMs} ms, which is the most`;
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.#timeOut(why), idleInTransactionMs);
  }

  #timeOut(why: string): void {
    if (this.#over !== undefined) return;
    if (this.#running > 0) this.#connection.cut();
    this.#end(`${why}: it was rolled back`, "ERR_BINDING_TIMEOUT");
  }

  #end(why: string, code: "ERR_BINDING_TIMEOUT" | "ERR_BINDING_INVALID" = "ERR_BINDING_INVALID"): void {
    if (this.#over !== undefined) return;
    clearTimeout(this.#total);
    clearTimeout(this.#idle);
    this.#over = new BindingFault(code, `the transaction ${why}`);
    this.#ended();
  }
}
