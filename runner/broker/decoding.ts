import type { IncomingMessage } from "node:http";
import { pipeline, type Readable } from "node:stream";
import { constants, createBrotliDecompress, createGunzip, createInflate } from "node:zlib";

// A body that was cut is given as far as it goes, as browsers do; its stream still ends with the connection's error.
const ZLIB = { flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH };
const DECODERS: Readonly<Record<string, () => ReturnType<typeof createGunzip>>> = {
  gzip: () => createGunzip(ZLIB),
  "x-gzip": () => createGunzip(ZLIB),
  deflate: () => createInflate(ZLIB),
  br: () =>
    createBrotliDecompress({
      flush: constants.BROTLI_OPERATION_FLUSH,
      finishFlush: constants.BROTLI_OPERATION_FLUSH,
    }),
};
const WITHOUT_BODY = new Set([204, 304]);

/**
 * A response's body with its content encoding undone, piece by piece: a bomb grows only as fast as its reader takes it, and a
 * reader that stops holds 16 KB of it.
 */
export function decodedBody(message: IncomingMessage, method: string): { body: Readable; decoded: boolean } {
  const encoding = message.headers["content-encoding"]?.trim().toLowerCase() ?? "";
  const decoder = Object.hasOwn(DECODERS, encoding) ? DECODERS[encoding] : undefined;
  if (decoder === undefined || method === "HEAD" || WITHOUT_BODY.has(message.statusCode ?? 0)) {
    return { body: message, decoded: false };
  }
  const body = decoder();
  // The reader hears of an error from the decoder, which the pipeline ends with it.
  pipeline(message, body, () => {});
  return { body, decoded: true };
}
