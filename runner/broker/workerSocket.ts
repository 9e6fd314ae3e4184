import { createServer, type Server, type Socket } from "node:net";
import { Link, type LinkBounds } from "../protocol/link.ts";
import type { Frame } from "../protocol/messages.ts";
import { dropWorker } from "./nonsense.ts";

/**
 * What a worker may send and leave unread, bytes. A frame: the arguments of an operation, of a million characters that take up to
 * 6 bytes each in JSON, and a body of 256 KB. Unread: a window for each of its 512 sub-requests, and as much again for operations.
 */
const WORKER_BOUNDS: Required<LinkBounds> = {
  maxFrameBytes: 8 * 1024 * 1024,
  unsentBytesMax: 256 * 1024 * 1024,
};

/** Who hears a worker. */
export interface WorkerHearer {
  /** @throws when the frame is nonsense: the worker is let go. */
  hear(frame: Frame): void;
  /** The worker is gone. */
  gone(): void;
}

/** The broker's end of one slot's socket. A slot has one worker: while it is there, another connection is closed. */
export function newWorkerServer(
  slot: number,
  hearerOf: (link: Link) => WorkerHearer,
  bounds: LinkBounds = WORKER_BOUNDS,
): Server {
  let current: Socket | undefined;
  return createServer((socket) => {
    if (current !== undefined && isThere(current)) {
      socket.destroy();
      return;
    }
    // One that has ended may have left something unread: nobody will read it.
    current?.destroy();
    current = socket;
    const handlers = {
      frame: (frame: Frame) => {
        try {
          hearer.hear(frame);
        } catch (error) {
          dropWorker(slot, link, error);
        }
      },
      closed: () => hearer.gone(),
    };
    const link = new Link(socket, handlers, bounds);
    const hearer = hearerOf(link);
    link.send("brokerHello", 0, null);
    link.flush();
  });
}

function isThere({ destroyed, readableEnded }: Socket): boolean {
  return !destroyed && !readableEnded;
}
