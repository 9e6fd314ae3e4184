import { connect } from "node:net";

const ANSWER_TIMEOUT_MS = 2_000;
const ANSWER_BYTES_MAX = 1024 * 1024;

/** HAProxy is away, or said something that is no answer; try again later. */
export class HaproxySocketError extends Error {
  override readonly name = "HaproxySocketError";
}

/**
 * One command to HAProxy's socket, on a connection of its own; `payload` are the lines that belong to it, none of them empty.
 *
 * @throws HaproxySocketError
 */
export function askHaproxy(socketPath: string, command: string, payload?: string): Promise<string> {
  const text = payload === undefined ? `${command}\n` : `${command} <<\n${payload.trimEnd()}\n\n`;
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const socket = connect(socketPath, () => socket.end(text));
    socket.setTimeout(ANSWER_TIMEOUT_MS, () => socket.destroy(new Error(`no answer within ${ANSWER_TIMEOUT_MS} ms`)));
    socket.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > ANSWER_BYTES_MAX) socket.destroy(new Error(`answered more than ${ANSWER_BYTES_MAX} bytes`));
      else chunks.push(chunk);
    });
    socket.on("error", (cause) =>
      reject(new HaproxySocketError(`HAProxy at ${socketPath}: ${cause.message}`, { cause })),
    );
    socket.on("close", () => resolve(Buffer.concat(chunks).toString()));
  });
}
