import type { Readable } from "node:stream";
import { LineBuffer } from "./lineBuffer.ts";
import type { Sink } from "./sink.ts";

/** What waits for a slow reader, bytes; a line is some 300. */
const HELD_BYTES_MAX = 1024 * 1024;
/** Bytes of one write. */
const BATCH_BYTES = 64 * 1024;
/** Time between two lines that say how many were dropped, ms. */
const SAY_EVERY_MS = 1_000;
/** A relayed stream is read while it holds less than this. */
const RELAY_BYTES = HELD_BYTES_MAX / 8;
const LINE_CHARS_MAX = 256 * 1024;

interface OutputEvents {
  /** Lines were dropped: nobody reads fast enough, or nobody at all. */
  dropped(source: string, lines: number): void;
  /** It flows again: `lines` were dropped since the last time. @returns the line that says so. */
  resumed(lines: number, bySource: ReadonlyMap<string, number>): string;
}

/** Lines on their way to a sink. Nobody waits for it and it holds a bounded number of bytes: what is too much is dropped and counted. */
export class LineOutput {
  readonly #sink: Sink;
  readonly #events: OutputEvents;
  readonly #buffer = new LineBuffer(HELD_BYTES_MAX);
  readonly #relayed = new Map<string, Readable>();
  #dropped = new Map<string, number>();
  #saidAtMs = Number.NEGATIVE_INFINITY;
  #scheduled = false;
  #writing = false;

  constructor(sink: Sink, events: OutputEvents) {
    this.#sink = sink;
    this.#events = events;
    process.once("exit", () => this.#writeLast());
  }

  /** @param source who shares the room fairly with the others. @param text whole lines, each with its end. */
  push(source: string, text: string, lines = 1): void {
    if (!this.#buffer.push(source, text, lines)) {
      this.#drop(source, lines);
      return;
    }
    if (this.#writing || this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#writeNext();
    });
  }

  /** Passes on what another process writes; that one waits while there is no room, and drops by its own measure. */
  relay(source: string, stream: Readable): void {
    let rest = "";
    stream.setEncoding("utf8");
    stream.on("data", (chunk: string) => {
      const text = rest + chunk;
      const end = text.lastIndexOf("\n") + 1;
      rest = text.slice(end);
      if (rest.length > LINE_CHARS_MAX) {
        rest = "";
        this.#drop(source, 1);
      }
      if (end > 0) this.push(source, text.slice(0, end), countLines(text, end));
      if (this.#buffer.heldBy(source) < RELAY_BYTES) return;
      stream.pause();
      this.#relayed.set(source, stream);
    });
    stream.on("error", () => {});
  }

  #writeNext(): void {
    const batch = this.#buffer.take(BATCH_BYTES);
    if (batch === undefined) return;
    this.#writing = true;
    this.#sink.write(batch.text, (error) => {
      this.#writing = false;
      if (error !== null) this.#drop("", batch.lines);
      else this.#sayDropped();
      this.#resumeRelayed();
      this.#writeNext();
    });
  }

  #sayDropped(): void {
    const now = performance.now();
    if (this.#dropped.size === 0 || now - this.#saidAtMs < SAY_EVERY_MS) return;
    const lines = [...this.#dropped.values()].reduce((sum, count) => sum + count, 0);
    if (!this.#buffer.push("", this.#events.resumed(lines, this.#dropped), 1)) return;
    this.#saidAtMs = now;
    this.#dropped = new Map();
  }

  #drop(source: string, lines: number): void {
    this.#dropped.set(source, (this.#dropped.get(source) ?? 0) + lines);
    this.#events.dropped(source, lines);
  }

  #resumeRelayed(): void {
    for (const [source, stream] of this.#relayed) {
      if (this.#buffer.heldBy(source) >= RELAY_BYTES) continue;
      this.#relayed.delete(source);
      stream.resume();
    }
  }

  #writeLast(): void {
    const batch = this.#buffer.take(HELD_BYTES_MAX);
    if (batch !== undefined) this.#sink.writeLast(batch.text);
  }
}

function countLines(text: string, end: number): number {
  let lines = 0;
  for (let at = text.indexOf("\n"); at >= 0 && at < end; at = text.indexOf("\n", at + 1)) lines++;
  return lines;
}
