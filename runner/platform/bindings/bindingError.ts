import { BINDING_FAULT_CODES, type BindingFaultCode } from "../../bindings/faults.ts";

interface Failed {
  readonly code: BindingFaultCode;
  readonly message: string;
  readonly remedy: string;
  readonly storeCode?: string;
}

let faultOf: (error: object) => BindingFaultCode | undefined;

/** An operation of a binding failed. When it escapes the handler, the answer is the typed error of its code. */
export class BindingError extends Error {
  override readonly name = "BindingError";
  readonly code: BindingFaultCode;
  /** What to do. */
  readonly remedy: string;
  /** The store's own code, `23505` of PostgreSQL for instance; null where it has none. */
  readonly storeCode: string | null;
  readonly #code: BindingFaultCode;

  static {
    faultOf = (error) => (#code in error ? error.#code : undefined);
  }

  constructor(
    where: string,
    { code, message, remedy, storeCode = null }: Omit<Failed, "storeCode"> & { storeCode?: string | null },
  ) {
    super(`${where}: ${message}. ${remedy}`);
    this.code = code;
    this.remedy = remedy;
    this.storeCode = storeCode;
    this.#code = code;
  }
}

/** What the host is told of an error that escaped: one more than the index of its code, 0 when it is none of a binding's. */
export function bindingFaultOf(error: unknown): number {
  const code = typeof error === "object" && error !== null ? faultOf(error) : undefined;
  for (let index = 0; index < BINDING_FAULT_CODES.length; index++) {
    if (BINDING_FAULT_CODES[index] === code) return index + 1;
  }
  return 0;
}
