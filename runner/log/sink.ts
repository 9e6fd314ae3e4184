import { constants, fstatSync, openSync, write, writeSync } from "node:fs";
import { Socket } from "node:net";

/** Where lines go. One text is under way at a time. */
export interface Sink {
  /** Calls `done` when the text is out, or when it is lost; a sink that nobody reads may never call it. */
  write(text: string, done: (error: Error | null) => void): void;
  /** The last text of a process that ends now; what is not taken at once is lost. */
  writeLast(text: string): void;
}

/**
 * A sink on a file descriptor that never makes this process wait. `process.stdout` does: it holds without bound what a pipe does
 * not take, and blocks on a terminal.
 */
export function sinkOn(fd: number): Sink {
  const stat = fstatSync(fd);
  if (stat.isFIFO()) return new SocketSink(reopened(fd));
  return stat.isSocket() ? new SocketSink(fd) : new FileSink(fd);
}

/**
 * The pipe through a description of its own: the flag that makes writes return at once belongs to the description, and others
 * (a shell, a parent) share the given one.
 */
function reopened(fd: number): number {
  try {
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch {
    return fd;
  }
}

/** Pipes and sockets: the event loop waits for room, no thread does. */
class SocketSink implements Sink {
  readonly #socket: Socket;
  #gone: Error | undefined;

  constructor(fd: number) {
    this.#socket = new Socket({ fd, readable: false, writable: true });
    this.#socket.unref();
    this.#socket.on("error", (error) => {
      this.#gone = error;
    });
  }

  write(text: string, done: (error: Error | null) => void): void {
    if (this.#gone === undefined) this.#socket.write(text, (error) => done(error ?? null));
    else queueMicrotask(() => done(this.#gone as Error));
  }

  writeLast(text: string): void {
    if (this.#gone === undefined && this.#socket.writableLength === 0) this.#socket.write(text);
  }
}

/** Files and terminals: a thread writes, one text at a time; a full disk loses that text and no other. */
class FileSink implements Sink {
  readonly #fd: number;

  constructor(fd: number) {
    this.#fd = fd;
  }

  write(text: string, done: (error: Error | null) => void): void {
    this.#writeFrom(Buffer.from(text), done);
  }

  writeLast(text: string): void {
    try {
      writeSync(this.#fd, text);
    } catch {}
  }

  #writeFrom(bytes: Buffer, done: (error: Error | null) => void): void {
    write(this.#fd, bytes, (error, written) => {
      if (error === null && written < bytes.length) this.#writeFrom(bytes.subarray(written), done);
      else done(error);
    });
  }
}
