import type { Socket } from "node:net";
import { ERRORS, type ErrorCode, errorBody } from "../errors.ts";
import type { Metrics } from "./metrics.ts";

/** Parser errors that have a code of their own; any other is a bad request. */
const CODES: Readonly<Record<string, ErrorCode>> = {
  HPE_HEADER_OVERFLOW: "ERR_LIMIT_REQUEST_HEADER_BYTES",
  ERR_HTTP_REQUEST_TIMEOUT: "ERR_REQUEST_TIMEOUT",
};

/** Answers bytes that are no request, before any function is known. */
export function answerClientError(metrics: Metrics, error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) return void socket.destroy();
  const code = CODES[error.code ?? ""] ?? "ERR_BAD_REQUEST";
  metrics.add("edge_runner_errors_total", { function: "", version: "", code });
  const body = errorBody({ code }, { requestId: "" });
  const head = [
    `HTTP/1.1 ${ERRORS[code].status} Refused`,
    "content-type: application/json",
    "cache-control: no-store",
    `content-length: ${Buffer.byteLength(body)}`,
    `x-edge-error: ${code}`,
    "connection: close",
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
}
