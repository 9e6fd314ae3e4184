import { reportException } from "./events/reportException.ts";
import { settle } from "./primordials.ts";
import { clearTimer, setInterval, setTimeout } from "./timers.ts";
import { toLong } from "./webidl.ts";

/** Functions of the global object that have code run later. */
export const TASK_GLOBALS = {
  setTimeout(handler: unknown, timeout: unknown = 0, ...args: unknown[]): number {
    return setTimeout(handler, timeout, ...args);
  },
  setInterval(handler: unknown, timeout: unknown = 0, ...args: unknown[]): number {
    return setInterval(handler, timeout, ...args);
  },
  clearTimeout(id: unknown = 0): void {
    clearTimer(toLong(id));
  },
  clearInterval(id: unknown = 0): void {
    clearTimer(toLong(id));
  },
  queueMicrotask(callback: unknown): void {
    if (typeof callback !== "function") throw new TypeError("queueMicrotask takes a function");
    const run = () => {
      try {
        callback();
      } catch (error) {
        reportException(error);
      }
    };
    settle(undefined, run, run);
  },
};
