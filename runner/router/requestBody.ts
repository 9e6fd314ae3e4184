import type { IncomingMessage } from "node:http";

/** Bytes of request bodies that the router holds at once, all functions together. */
const HELD_BYTES_MAX = 256 * 1024 * 1024;

export type BodyResult =
  | { readonly kind: "body"; readonly body: Buffer; release(): void }
  | { readonly kind: "too-large"; readonly bytes: number }
  | { readonly kind: "overloaded" }
  | { readonly kind: "aborted" };

const NO_BODY = Buffer.alloc(0);

/** Reads request bodies whole, each under its function's limit and all of them under the router's. */
export class RequestBodies {
  #heldBytes = 0;

  async read(message: IncomingMessage, maxBytes: number): Promise<BodyResult> {
    const declared = Number(message.headers["content-length"] ?? 0);
    if (declared > maxBytes) return { kind: "too-large", bytes: declared };
    if (declared === 0 && message.headers["transfer-encoding"] === undefined) {
      return { kind: "body", body: NO_BODY, release: () => {} };
    }
    const chunks: Buffer[] = [];
    let bytes = 0;
    const release = () => {
      this.#heldBytes -= bytes;
      bytes = 0;
    };
    const refuse = (result: BodyResult) => {
      release();
      message.resume();
      return result;
    };
    try {
      for await (const chunk of message.iterator({ destroyOnReturn: false })) {
        bytes += chunk.length;
        this.#heldBytes += chunk.length;
        if (bytes > maxBytes) return refuse({ kind: "too-large", bytes });
        if (this.#heldBytes > HELD_BYTES_MAX) return refuse({ kind: "overloaded" });
        chunks.push(chunk);
      }
    } catch {
      return refuse({ kind: "aborted" });
    }
    return { kind: "body", body: Buffer.concat(chunks, bytes), release };
  }
}
