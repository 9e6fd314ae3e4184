import type { Failure } from "../errors.ts";
import type { FunctionLimits } from "../limits.ts";
import { LogVolume } from "../logVolume.ts";
import type { LogLine, RequestHead } from "../protocol/messages.ts";
import type { Call } from "./call.ts";
import { isLimitName } from "./heads.ts";
import { LOG_LINE_CHARS_MAX } from "./isolatePort.ts";
import type { RuntimePort } from "./runtimePort.ts";
import { traceparentOf } from "./traceHeaders.ts";

/**
 * What a function's requests have to say beside their answers: lines of the log, limits that changed no answer. Log is counted here
 * again: the host writes some of a function's lines, and an isolate counts in the function's own reach.
 */
export class CallReports {
  readonly #port: Pick<RuntimePort, "key" | "limit" | "log">;
  readonly #limits: FunctionLimits;
  /** Of no request that runs; from the end of one request to that of the next. */
  readonly #loggedByNobody = new LogVolume();

  constructor(port: Pick<RuntimePort, "key" | "limit" | "log">, limits: FunctionLimits) {
    this.#port = port;
    this.#limits = limits;
  }

  /** A line of the function's, within its logBytes. */
  log(call: Call | undefined, level: LogLine["level"], text: string): void {
    const line = text.slice(0, LOG_LINE_CHARS_MAX * 2);
    const isWithin = this.#volumeOf(call).add(Buffer.byteLength(line), this.#limits.logBytes);
    if (isWithin) this.say(call?.head, level, line);
  }

  /** The runner's own word, or the error that a response ends with: said however much the request wrote before. */
  say(head: RequestHead | undefined, level: LogLine["level"], text: string): void {
    this.#port.log({ ...this.#scope(head), level, text: text.slice(0, LOG_LINE_CHARS_MAX * 2) });
  }

  /** The isolate has dropped lines itself. */
  dropped(call: Call | undefined, lines: number): void {
    this.#volumeOf(call).drop(lines);
  }

  /** The request is over: what is missing of its log is said. */
  ended(call: Call): void {
    this.#tellDropped("request", call, call.logged.restart());
    this.#tellDropped("function", undefined, this.#loggedByNobody.restart());
  }

  limit(
    head: RequestHead | undefined,
    { limit, value = 0, used = 0 }: Pick<Failure, "limit" | "value" | "used">,
  ): void {
    if (limit !== undefined) this.#port.limit({ ...this.#scope(head), limit, value, used });
  }

  /** A limit fired inside the isolate, as that says. */
  limitFired(head: RequestHead | undefined, { name, used }: { name: string; used: number }): void {
    if (isLimitName(name)) this.limit(head, { limit: name, value: this.#limits[name], used });
  }

  #tellDropped(whose: "request" | "function", call: Call | undefined, lines: number): void {
    if (!(lines > 0)) return;
    const head = call?.head;
    const { logBytes } = this.#limits;
    this.limit(head, { limit: "logBytes", value: logBytes, used: logBytes });
    this.say(head, "warn", `${lines} lines of the ${whose}'s log were dropped: logBytes is ${logBytes}`);
  }

  #volumeOf(call: Call | undefined): LogVolume {
    return call?.logged ?? this.#loggedByNobody;
  }

  #scope(head: RequestHead | undefined) {
    return {
      key: this.#port.key,
      requestId: head?.edge.requestId ?? "",
      traceparent: traceparentOf(head?.headers ?? []),
    };
  }
}
