import type { Readable } from "node:stream";
import type { BindingFailure, BindingFaultCode } from "../../bindings/faults.ts";

/** One operation of a binding, authorised. Everything in it but the names is the function's own word. */
export interface Operation {
  /** The function, in whatever version. */
  readonly function: string;
  /** The worker slot and the version's key; sessions are kept apart by it. */
  readonly owner: string;
  /** What the binding stands for: a namespace, a database. */
  readonly name: string;
  /** One of the kind's operations. */
  readonly operation: string;
  readonly args: unknown;
  /** Whole up to 256 KB; else as it comes. */
  readonly body: Buffer | Readable;
  /** Length of a body that streams, where the function knows it. */
  readonly bodyBytes: number | undefined;
  /** What the engine keeps of a body that streams counts against the function, until the operation is over. @throws BindingFault where there is no room */
  hold(bytes: number): void;
  /**
   * Aborts when nobody waits for the operation any more: its request is over or was cancelled, its isolate, its worker or the time
   * for it is gone. That holds until the last byte of the result's body is sent: a body that stays open keeps its operation open.
   */
  readonly signal: AbortSignal;
}

export interface OperationResult {
  /** Small; travels as JSON. Default: null. */
  readonly result?: unknown;
  /** Large ones should stream. Whoever does not read it to its end destroys it. */
  readonly body?: Buffer | Readable;
}

/** What does the operations of one kind of binding. */
export interface BindingEngine {
  /** @throws BindingFault; anything else is a defect of ours, and the function is told nothing of it. */
  run(operation: Operation): Promise<OperationResult>;
}

/** An operation that failed, as its function is told. */
export class BindingFault extends Error {
  override readonly name = "BindingFault";
  readonly code: BindingFaultCode;
  readonly storeCode: string | undefined;

  /** @param options.storeCode the store's own code, for functions that act on it. */
  constructor(code: BindingFaultCode, message: string, options: { storeCode?: string; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.storeCode = options.storeCode;
  }

  get failure(): BindingFailure {
    const { code, message, storeCode } = this;
    return { code, message, ...(storeCode !== undefined && { storeCode }) };
  }
}
