import { type Rejection, TO_HOST } from "../../worker/isolatePort.ts";
import { logLine } from "../console.ts";
import { errorText } from "../describe.ts";
import { host } from "../host.ts";
import { apply, defineProperty, getOwnPropertyDescriptor, jsonParse, settle } from "../primordials.ts";
import { needArguments } from "../webidl.ts";
import { ErrorEvent, PromiseRejectionEvent } from "./errorEvents.ts";
import { handlerOf, setHandler } from "./eventHandler.ts";
import {
  addListener,
  dispatchTrusted,
  dispatchUntrusted,
  EventTarget,
  hasListeners,
  removeListener,
} from "./eventTarget.ts";
import { reportException, whenReported } from "./reportException.ts";
import { thrownAt, uncaughtText } from "./thrownAt.ts";

/** Events of the global object, which is no EventTarget by its class. */
const target = new EventTarget();
let isReporting = false;

whenReported((error) => {
  // What a listener for errors throws goes to the log.
  if (isReporting || !hasListeners(target, "error")) return false;
  isReporting = true;
  try {
    const event = new ErrorEvent("error", {
      cancelable: true,
      message: uncaughtText(error),
      error,
      ...thrownAt(error),
    });
    return !dispatchTrusted(target, event, globalThis);
  } finally {
    isReporting = false;
  }
});

/** HTML's "unhandledrejection", from what the host knows: the reason is a copy, the promise another one. */
export function rejected(text: string): void {
  const reason = reasonOf(jsonParse(text) as Rejection);
  const promise = new Promise((_, reject) => reject(reason));
  settle(promise, ignore, ignore);
  const event = new PromiseRejectionEvent("unhandledrejection", { cancelable: true, promise, reason });
  if (dispatchTrusted(target, event, globalThis)) logLine("error", errorText(reason));
}

function ignore(): void {}

const ERRORS: Readonly<Record<string, ErrorConstructor>> = {
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
};

function reasonOf(rejection: Rejection): unknown {
  if (!("error" in rejection)) return rejection.value;
  const { name, message, stack } = rejection.error;
  const reason = new (ERRORS[name] ?? Error)(message);
  for (const [key, value] of Object.entries({ name, stack })) {
    if (reason[key as "name"] !== value) defineProperty(reason, key, { value, writable: true, configurable: true });
  }
  return reason;
}

function noteInterest(type: unknown): void {
  if (type === "unhandledrejection") host().send(TO_HOST.hearsRejections, 0, 0, "");
}

/** Functions of the global object. */
export const EVENT_GLOBALS = {
  addEventListener(type: unknown, callback: unknown, options: unknown = undefined): void {
    needArguments(arguments.length, 2, "addEventListener");
    addListener(target, type, callback, options);
    noteInterest(type);
  },
  removeEventListener(type: unknown, callback: unknown, options: unknown = undefined): void {
    needArguments(arguments.length, 2, "removeEventListener");
    removeListener(target, type, callback, options);
  },
  dispatchEvent(event: unknown): boolean {
    needArguments(arguments.length, 1, "dispatchEvent");
    return dispatchUntrusted(target, event, globalThis);
  },
  reportError(error: unknown): void {
    needArguments(arguments.length, 1, "reportError");
    reportException(error);
  },
};

const RUN = {
  error(value: object, event: ErrorEvent): void {
    if (typeof value !== "function") return;
    const { message, filename, lineno, colno, error } = event;
    const isError = event instanceof ErrorEvent;
    const result = apply(value, globalThis, isError ? [message, filename, lineno, colno, error] : [event]);
    if (result === true) event.preventDefault();
  },
};

/** Gives the global object `onerror`, `onunhandledrejection` and `onrejectionhandled`. */
export function defineGlobalHandlers(): void {
  for (const type of ["error", "unhandledrejection", "rejectionhandled"]) {
    const name = `on${type}`;
    const accessor = {
      get [name](): object | null {
        return handlerOf(target, type);
      },
      set [name](value: unknown) {
        noteInterest(type);
        if (type === "error") setHandler(target, type, value, RUN.error as (value: object, event: object) => void);
        else setHandler(target, type, value);
      },
    };
    defineProperty(globalThis, name, getOwnPropertyDescriptor(accessor, name) as PropertyDescriptor);
  }
}
