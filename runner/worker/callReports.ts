import type { Failure } from "../errors.ts";
import type { FunctionLimits } from "../limits.ts";
import type { LogLine, RequestHead } from "../protocol/messages.ts";
import { isLimitName } from "./heads.ts";
import { LOG_LINE_CHARS_MAX } from "./isolatePort.ts";
import type { RuntimePort } from "./runtimePort.ts";
import { traceparentOf } from "./traceHeaders.ts";

/** What a function's requests have to say beside their answers: lines of the log, limits that changed no answer. */
export class CallReports {
  readonly #port: Pick<RuntimePort, "key" | "limit" | "log">;

  constructor(port: Pick<RuntimePort, "key" | "limit" | "log">) {
    this.#port = port;
  }

  /** @param head of the request; undefined for what no request has asked for. */
  log(head: RequestHead | undefined, level: LogLine["level"], text: string): void {
    this.#port.log({ ...this.#scope(head), level, text: text.slice(0, LOG_LINE_CHARS_MAX * 2) });
  }

  limit(head: RequestHead, { limit, value = 0, used = 0 }: Pick<Failure, "limit" | "value" | "used">): void {
    if (limit !== undefined) this.#port.limit({ ...this.#scope(head), limit, value, used });
  }

  /** A limit fired inside the isolate, as that says. */
  limitFired(head: RequestHead, { name, used }: { name: string; used: number }, limits: FunctionLimits): void {
    if (isLimitName(name)) this.limit(head, { limit: name, value: limits[name], used });
  }

  linesDropped(head: RequestHead, lines: number, { logBytes }: FunctionLimits): void {
    this.log(head, "warn", `${lines} lines of the request's log were dropped: logBytes is ${logBytes}`);
    this.limit(head, { limit: "logBytes", value: logBytes, used: logBytes });
  }

  #scope(head: RequestHead | undefined) {
    return {
      key: this.#port.key,
      requestId: head?.edge.requestId ?? "",
      traceparent: traceparentOf(head?.headers ?? []),
    };
  }
}
