import { logLine } from "../console.ts";
import { errorText } from "../describe.ts";

let tellListeners: (error: unknown) => boolean = () => false;

/** Says who hears of exceptions before the log does. @param tell whether somebody took the exception for his own */
export function whenReported(tell: (error: unknown) => boolean): void {
  tellListeners = tell;
}

/** HTML's "report an exception": code of the function threw where nobody could catch it. */
export function reportException(error: unknown): void {
  if (!tellListeners(error)) logLine("error", errorText(error));
}
