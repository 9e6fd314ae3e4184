import type { TLSSocket } from "node:tls";

export const FRAME = {
  data: 0,
  headers: 1,
  reset: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;
export const END_STREAM = 1;
export const END_HEADERS = 4;

export type HeaderFields = readonly (readonly [name: string, value: string])[];

export function frame(type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** Fields as they are, whatever HTTP/2 says of them: literals without indexing and without Huffman codes. */
export function fieldBlock(fields: HeaderFields): Buffer {
  return Buffer.concat(fields.flatMap(([name, value]) => [Buffer.from([0]), text(name), text(value)]));
}

export const PREFACE = Buffer.concat([Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), frame(FRAME.settings, 0, 0)]);

/** What a server sends on a connection until it is quiet or over: types of frames by stream, and whether it said goodbye. */
export async function framesAfter(
  socket: TLSSocket,
  bytes: readonly Buffer[],
  quietMs = 150,
): Promise<readonly { type: number; stream: number }[]> {
  const chunks: Buffer[] = [];
  const over = new Promise<void>((resolve) => {
    let quiet = setTimeout(resolve, 3_000);
    socket.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      clearTimeout(quiet);
      quiet = setTimeout(resolve, quietMs);
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      clearTimeout(quiet);
      resolve();
    });
  });
  for (const part of bytes) socket.write(part);
  await over;
  socket.destroy();
  const all = Buffer.concat(chunks);
  const frames: { type: number; stream: number }[] = [];
  for (let at = 0; at + 9 <= all.length; at += 9 + all.readUIntBE(at, 3)) {
    frames.push({ type: all.readUInt8(at + 3), stream: all.readUInt32BE(at + 5) });
  }
  return frames;
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, "latin1");
  if (bytes.length < 127) return Buffer.concat([Buffer.from([bytes.length]), bytes]);
  const prefix = [127];
  let rest = bytes.length - 127;
  for (; rest >= 128; rest = Math.floor(rest / 128)) prefix.push((rest % 128) + 128);
  return Buffer.concat([Buffer.from([...prefix, rest]), bytes]);
}
