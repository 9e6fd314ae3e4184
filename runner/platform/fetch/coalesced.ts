import { settle } from "../primordials.ts";
import type { ByteReader } from "./byteReader.ts";

/** Smaller chunks are put together until they are this large, bytes: each crossing costs as much as some 10 KB. */
const GATHERED_BYTES = 16 * 1024;
/**
 * Turns of the microtask queue that a chunk waits for the next one. A source that has more at hand gives it within these, through
 * a few transforms as well; one that waits for a timer or for the network holds nothing up: no entry ends before they are over.
 */
const TURNS = 64;

type Chunk = Uint8Array<ArrayBuffer>;

/** Reads the same bytes in larger chunks, where they come one right after the other. */
export function coalesced(source: ByteReader): ByteReader {
  let pending: Promise<Chunk | undefined> | undefined;
  let isOver = false;

  const next = (): Promise<Chunk | undefined> => (async () => source.read())();
  const gather = async (first: Chunk): Promise<Chunk> => {
    const chunks = [first];
    let size = first.length;
    while (size < GATHERED_BYTES) {
      pending = next();
      const outcome = await soon(pending);
      // Not there yet; or a failure, which comes after what was read before it.
      if (outcome === undefined) break;
      pending = undefined;
      if (outcome.chunk === undefined) {
        isOver = true;
        break;
      }
      chunks[chunks.length] = outcome.chunk;
      size += outcome.chunk.length;
    }
    return chunks.length === 1 ? first : joined(chunks, size);
  };

  return {
    async read() {
      if (isOver) return undefined;
      const chunk = await (pending ?? source.read());
      pending = undefined;
      return chunk === undefined || chunk.length >= GATHERED_BYTES ? chunk : gather(chunk);
    },
    cancel: (reason) => source.cancel(reason),
  };
}

/** What a promise comes to within some turns; undefined when it has not, or was rejected. */
async function soon(promise: Promise<Chunk | undefined>): Promise<{ readonly chunk: Chunk | undefined } | undefined> {
  let outcome: { readonly chunk: Chunk | undefined } | undefined;
  let isSettled = false;
  settle(
    promise,
    (chunk) => {
      isSettled = true;
      outcome = { chunk: chunk as Chunk | undefined };
    },
    () => {
      isSettled = true;
    },
  );
  for (let turn = 0; turn < TURNS && !isSettled; turn++) await undefined;
  return outcome;
}

function joined(chunks: readonly Chunk[], size: number): Chunk {
  const whole = new Uint8Array(size);
  let at = 0;
  for (let index = 0; index < chunks.length; index++) {
    const chunk = chunks[index] as Chunk;
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}
