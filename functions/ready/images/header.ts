export type Format = "jpeg" | "png" | "webp";

export interface ImageHeader {
  readonly format: Format;
  readonly width: number;
  readonly height: number;
}

/** What an image says of itself in its first bytes, before anything is unpacked; undefined for what is none of the three formats, or broken. */
export function imageHeader(bytes: Uint8Array): ImageHeader | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    const header = pngHeader(view) ?? webpHeader(view) ?? jpegHeader(view);
    return header !== undefined && header.width > 0 && header.height > 0 ? header : undefined;
  } catch (error) {
    // It ends within its header.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

const PNG_SIGNATURE = 0x89504e470d0a1a0an;
const IHDR = 0x49484452;

function pngHeader(view: DataView): ImageHeader | undefined {
  if (view.getBigUint64(0) !== PNG_SIGNATURE || view.getUint32(12) !== IHDR) return undefined;
  return { format: "png", width: view.getUint32(16), height: view.getUint32(20) };
}

const text = (view: DataView, at: number) =>
  String.fromCharCode(...[0, 1, 2, 3].map((offset) => view.getUint8(at + offset)));

function webpHeader(view: DataView): ImageHeader | undefined {
  if (text(view, 0) !== "RIFF" || text(view, 8) !== "WEBP") return undefined;
  const size = (width: number, height: number): ImageHeader => ({ format: "webp", width, height });
  switch (text(view, 12)) {
    case "VP8 ":
      return size(view.getUint16(26, true) & 0x3fff, view.getUint16(28, true) & 0x3fff);
    case "VP8L": {
      const bits = view.getUint32(21, true);
      return size((bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1);
    }
    case "VP8X": {
      const oneLess = (at: number) => view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
      return size(oneLess(24) + 1, oneLess(27) + 1);
    }
    default:
      return undefined;
  }
}

const START_OF_IMAGE = 0xffd8;
const MARKERS_MAX = 500;
/** DHT, JPG and DAC have numbers among those of frames. */
const NO_FRAMES = [0xc4, 0xc8, 0xcc];

function jpegHeader(view: DataView): ImageHeader | undefined {
  if (view.getUint16(0) !== START_OF_IMAGE) return undefined;
  let at = 2;
  for (let markers = 0; markers < MARKERS_MAX; markers++) {
    if (view.getUint8(at) !== 0xff) return undefined;
    const marker = view.getUint8(at + 1);
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    if (marker >= 0xc0 && marker <= 0xcf && !NO_FRAMES.includes(marker))
      return { format: "jpeg", width: view.getUint16(at + 7), height: view.getUint16(at + 5) };
    at += 2 + view.getUint16(at + 2);
  }
  return undefined;
}
