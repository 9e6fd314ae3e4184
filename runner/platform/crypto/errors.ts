import { DOMException } from "../domException.ts";

/** The standard's errors, with the reason. */
function thrower(name: string) {
  return (message: string): DOMException => new DOMException(message, name);
}

export const dataError = thrower("DataError");
export const invalidAccess = thrower("InvalidAccessError");
export const notSupported = thrower("NotSupportedError");
export const operationError = thrower("OperationError");
export const syntaxError = thrower("SyntaxError");
