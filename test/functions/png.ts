import { crc32, deflateSync, inflateSync } from "node:zlib";

const SIGNATURE = Buffer.from("89504e470d0a1a0a", "hex");
const [BITS, COLOURS_AND_ALPHA] = [8, 6];

/** A PNG of which `pixel` tells red, green, blue and alpha. */
export function png(width: number, height: number, pixel: (x: number, y: number) => readonly number[]): Buffer {
  const rows = Buffer.alloc(height * (1 + width * 4));
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) rows.set(pixel(x, y), y * (1 + width * 4) + 1 + x * 4);
  return pngOf(width, height, deflateSync(rows));
}

/** A PNG that says `width` and `height`, with this as its content, whatever it is. */
export function pngOf(width: number, height: number, content: Buffer): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([BITS, COLOURS_AND_ALPHA, 0, 0, 0], 8);
  return Buffer.concat([SIGNATURE, chunk("IHDR", header), chunk("IDAT", content), chunk("IEND", Buffer.alloc(0))]);
}

function chunk(type: string, content: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), content]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(content.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

/** Width, height and the colour of a pixel of a PNG with 8 bits, colours and alpha. Throws for others. */
export function readPng(bytes: Buffer): { width: number; height: number; at(x: number, y: number): number[] } {
  if (!bytes.subarray(0, 8).equals(SIGNATURE)) throw new Error("no PNG");
  const [width, height] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
  if (bytes[24] !== BITS || bytes[25] !== COLOURS_AND_ALPHA || bytes[28] !== 0) throw new Error("another kind of PNG");
  const content: Buffer[] = [];
  for (let at = 8; at < bytes.length; at += 12 + bytes.readUInt32BE(at)) {
    if (bytes.toString("latin1", at + 4, at + 8) === "IDAT")
      content.push(bytes.subarray(at + 8, at + 8 + bytes.readUInt32BE(at)));
  }
  const data = unfiltered(inflateSync(Buffer.concat(content)), width * 4, height);
  return { width, height, at: (x, y) => [...data.subarray((y * width + x) * 4, (y * width + x) * 4 + 4)] };
}

/** Undoes what rows say of the pixels beside and above (PNG, section 9). */
function unfiltered(rows: Buffer, stride: number, height: number): Buffer {
  const data = Buffer.alloc(stride * height);
  for (let y = 0; y < height; y++) {
    const filter = rows[y * (stride + 1)] as number;
    for (let x = 0; x < stride; x++) {
      const left = x < 4 ? 0 : (data[y * stride + x - 4] as number);
      const up = y === 0 ? 0 : (data[(y - 1) * stride + x] as number);
      const corner = x < 4 || y === 0 ? 0 : (data[(y - 1) * stride + x - 4] as number);
      const guess = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter] as number;
      data[y * stride + x] = (rows[y * (stride + 1) + 1 + x] as number) + guess;
    }
  }
  return data;
}

function paeth(left: number, up: number, corner: number): number {
  const [toLeft, toUp, toCorner] = [up - corner, left - corner, left + up - 2 * corner].map(Math.abs) as [
    number,
    number,
    number,
  ];
  if (toLeft <= toUp && toLeft <= toCorner) return left;
  return toUp <= toCorner ? up : corner;
}
