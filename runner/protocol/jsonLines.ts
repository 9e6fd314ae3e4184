import type { Socket } from "node:net";

/** JSON lines from one end of a socket; a line that is no JSON, or longer than `maxBytes`, closes it. */
export function readJsonLines(socket: Socket, maxBytes: number, heard: (message: unknown) => void): void {
  let held: Buffer[] = [];
  let size = 0;
  socket.on("data", (chunk: Buffer) => {
    let rest = chunk;
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      if (size + end > maxBytes) return void socket.destroy();
      const line = Buffer.concat([...held, rest.subarray(0, end)]).toString("utf8");
      held = [];
      size = 0;
      rest = rest.subarray(end + 1);
      let message: unknown;
      try {
        message = JSON.parse(line);
      } catch {
        return void socket.destroy();
      }
      heard(message);
      if (socket.destroyed) return;
    }
    held.push(rest);
    size += rest.length;
    if (size > maxBytes) socket.destroy();
  });
}

export function sendJsonLine(socket: Socket, message: unknown): void {
  if (socket.writable) socket.write(`${JSON.stringify(message)}\n`);
}
