import { connect, type Socket } from "node:net";

/** What came back on one connection. */
export interface RawAnswer {
  readonly text: string;
  /** Status of each answer, in order. */
  readonly statuses: readonly number[];
  readonly closed: boolean;
}

/** Writes bytes as they are and collects what comes until the connection closes, `enough` says so, or the time is over. */
export function sendRaw(
  socketPath: string,
  parts: string | readonly string[],
  { withinMs = 3_000, enough = 1 }: { withinMs?: number; enough?: number } = {},
): Promise<RawAnswer> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    let text = "";
    let closed = false;
    const end = () => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ text, statuses: statusesIn(text), closed });
    };
    const timer = setTimeout(end, withinMs);
    socket.setEncoding("latin1").on("data", (chunk) => {
      text += chunk;
      // What follows a first answer on the same connection would be a smuggled one: it gets the time to come.
      if (statusesIn(text).length >= enough) setTimeout(end, 100);
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      closed = true;
      end();
    });
    for (const part of typeof parts === "string" ? [parts] : parts) socket.write(part, "latin1");
  });
}

/** A connection that stays open until it is told to end. */
export function holdOpen(socketPath: string, first: string): Socket {
  const socket = connect(socketPath);
  socket.on("error", () => {});
  socket.write(first, "latin1");
  return socket;
}

function statusesIn(text: string): number[] {
  return [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
}
