import decodeJpegModule from "@jsquash/jpeg/codec/dec/mozjpeg_dec.js";
import jpegDecoder from "@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm";
import encodeJpegModule from "@jsquash/jpeg/codec/enc/mozjpeg_enc.js";
import jpegEncoder from "@jsquash/jpeg/codec/enc/mozjpeg_enc.wasm";
import { defaultOptions as jpegOptions } from "@jsquash/jpeg/meta.js";
import decodeWebpModule from "@jsquash/webp/codec/dec/webp_dec.js";
import webpDecoder from "@jsquash/webp/codec/dec/webp_dec.wasm";
import encodeWebpModule from "@jsquash/webp/codec/enc/webp_enc.js";
import webpEncoder from "@jsquash/webp/codec/enc/webp_enc.wasm";
import { defaultOptions as webpOptions } from "@jsquash/webp/meta.js";
import type { Format } from "./header.ts";
import { decodePng, encodePng } from "./png.ts";
import type { Pixels } from "./shrink.ts";

const QUALITY = 78;

/** Codecs make one of these of what they have unpacked. */
class ImageData implements Pixels {
  readonly data: Uint8ClampedArray;
  readonly width: number;
  readonly height: number;

  constructor(data: Uint8ClampedArray, width: number, height: number) {
    this.data = data;
    this.width = width;
    this.height = height;
  }
}
Object.assign(globalThis, { ImageData });

interface Decoder {
  decode(bytes: Uint8Array, upright?: boolean): Pixels | null;
}
interface Encoder {
  encode(data: Uint8ClampedArray, width: number, height: number, options: object): Uint8Array<ArrayBuffer> | null;
}

/** An instance for one image: its memory goes with it, where one that stayed would keep that of the largest image. */
function instanceOf<Codec>(factory: (options: object) => Promise<unknown>, module: WebAssembly.Module): Promise<Codec> {
  const options = {
    noInitialRun: true,
    locateFile: () => "",
    instantiateWasm(imports: WebAssembly.Imports, done: (instance: WebAssembly.Instance) => void) {
      const instance = new WebAssembly.Instance(module, imports);
      done(instance);
      return instance.exports;
    },
  };
  return factory(options) as Promise<Codec>;
}

/** @throws Error, or what the codec throws, for what cannot be unpacked. */
export async function decode(bytes: Uint8Array, format: Format): Promise<Pixels> {
  const pixels = await DECODERS[format](bytes);
  if (!pixels?.data || pixels.data.length !== pixels.width * pixels.height * 4) throw new Error(`no ${format}`);
  return pixels;
}

const DECODERS: Readonly<Record<Format, (bytes: Uint8Array) => Promise<Pixels | null | undefined>>> = {
  // Upright, as the camera noted it.
  jpeg: async (bytes) => (await instanceOf<Decoder>(decodeJpegModule, jpegDecoder)).decode(bytes, true),
  webp: async (bytes) => (await instanceOf<Decoder>(decodeWebpModule, webpDecoder)).decode(bytes),
  png: async (bytes) => decodePng(bytes),
};

/** @throws Error where the codec finds no room. */
export async function encode(image: Pixels, format: Format): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await ENCODERS[format](image);
  if (!bytes) throw new Error(`the image does not fit into a ${format}`);
  return bytes;
}

const ENCODERS: Readonly<Record<Format, (image: Pixels) => Promise<Uint8Array<ArrayBuffer> | null>>> = {
  async jpeg({ data, width, height }) {
    const codec = await instanceOf<Encoder>(encodeJpegModule, jpegEncoder);
    return codec.encode(data, width, height, { ...jpegOptions, quality: QUALITY });
  },
  async webp({ data, width, height }) {
    const codec = await instanceOf<Encoder>(encodeWebpModule, webpEncoder);
    return codec.encode(data, width, height, { ...webpOptions, quality: QUALITY });
  },
  png: async (image) => encodePng(image),
};
