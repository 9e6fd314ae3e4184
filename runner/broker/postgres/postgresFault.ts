import { DatabaseError } from "pg";
import type { BindingFaultCode } from "../../bindings/faults.ts";
import { BindingFault } from "../bindings/engine.ts";

/** By SQLSTATE, else by its class. What is not here is the statement's own fault. */
const FAULTS: Readonly<Record<string, BindingFaultCode>> = {
  "25P03": "ERR_BINDING_TIMEOUT",
  "42501": "ERR_BINDING_REFUSED",
  "53100": "ERR_BINDING_FULL",
  "53200": "ERR_BINDING_TOO_LARGE",
  "57014": "ERR_BINDING_TIMEOUT",
  "08": "ERR_BINDING_UNAVAILABLE",
  "28": "ERR_BINDING_UNAVAILABLE",
  "3D": "ERR_BINDING_UNAVAILABLE",
  "53": "ERR_BINDING_OVERLOADED",
  "54": "ERR_BINDING_TOO_LARGE",
  "57": "ERR_BINDING_UNAVAILABLE",
  "58": "ERR_BINDING_UNAVAILABLE",
};

/** What a statement came to, as its function is told. */
export function statementFault(error: unknown): BindingFault {
  if (error instanceof BindingFault) return error;
  if (!(error instanceof DatabaseError)) {
    const message = "the connection to the database was lost: the statement may have been done";
    return new BindingFault("ERR_BINDING_UNAVAILABLE", message, { cause: error });
  }
  const { code: storeCode = "", message, detail } = error;
  const code = FAULTS[storeCode] ?? FAULTS[storeCode.slice(0, 2)] ?? "ERR_BINDING_FAILED";
  return new BindingFault(code, detail === undefined ? message : `${message} (${detail})`, { storeCode, cause: error });
}

/** Why there is no connection; neither addresses nor users are the function's to know. */
export function connectFault(name: string, error: unknown): BindingFault {
  if (error instanceof BindingFault) return error;
  const { code = "it did not answer in time" } = error as NodeJS.ErrnoException;
  const isBusy = error instanceof DatabaseError && code.startsWith("53");
  const message = isBusy ? "has no connection left" : "cannot be reached";
  return new BindingFault(
    isBusy ? "ERR_BINDING_OVERLOADED" : "ERR_BINDING_UNAVAILABLE",
    `the database ${name} ${message} (${code})`,
    { ...(error instanceof DatabaseError && { storeCode: code }), cause: error },
  );
}
