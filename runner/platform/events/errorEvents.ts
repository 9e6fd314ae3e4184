import { defineInterface, isObject, needArguments, toDictionary, toUsvString } from "../webidl.ts";
import { Event } from "./event.ts";

/** HTML's ErrorEvent. */
export class ErrorEvent extends Event {
  readonly #message: string;
  readonly #filename: string;
  readonly #lineno: number;
  readonly #colno: number;
  readonly #error: unknown;

  constructor(type: unknown, eventInitDict: unknown = undefined) {
    needArguments(arguments.length, 1, "new ErrorEvent");
    super(type, eventInitDict);
    const { colno, error, filename, lineno, message } = toDictionary(eventInitDict, "");
    this.#colno = Number(colno ?? 0) >>> 0;
    this.#error = error;
    this.#filename = filename === undefined ? "" : toUsvString(filename);
    this.#lineno = Number(lineno ?? 0) >>> 0;
    this.#message = message === undefined ? "" : `${message}`;
  }

  get message(): string {
    return this.#message;
  }
  get filename(): string {
    return this.#filename;
  }
  get lineno(): number {
    return this.#lineno;
  }
  get colno(): number {
    return this.#colno;
  }
  get error(): unknown {
    return this.#error;
  }
}

/** HTML's PromiseRejectionEvent. */
export class PromiseRejectionEvent extends Event {
  readonly #promise: object;
  readonly #reason: unknown;

  constructor(type: unknown, eventInitDict: unknown) {
    needArguments(arguments.length, 2, "new PromiseRejectionEvent");
    super(type, eventInitDict);
    const { promise, reason } = toDictionary(eventInitDict, "");
    if (!isObject(promise)) throw new TypeError("A PromiseRejectionEvent needs a promise");
    this.#promise = promise;
    this.#reason = reason;
  }

  get promise(): object {
    return this.#promise;
  }
  get reason(): unknown {
    return this.#reason;
  }
}

defineInterface(ErrorEvent, "ErrorEvent");
defineInterface(PromiseRejectionEvent, "PromiseRejectionEvent");
