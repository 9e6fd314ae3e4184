import { createServer } from "node:net";
import type { AllowedOrigin } from "../config.ts";
import { Link } from "../protocol/link.ts";
import { listenOnSocket } from "../protocol/listen.ts";
import type { Frame } from "../protocol/messages.ts";
import { ParentPipe } from "../supervisor/parentPipe.ts";
import { BEAT_MS } from "../supervisor/stuckness.ts";
import { Egress } from "./egress.ts";

export interface BrokerConfig {
  /** One socket per worker slot. */
  readonly sockets: readonly string[];
  readonly origins: readonly AllowedOrigin[];
}

/** Sub-requests of one worker that may be under way at once. */
const PER_WORKER_MAX = 512;

const parent = new ParentPipe<BrokerConfig>();
const config = await parent.config;
const egress = new Egress(config.origins);
parent.beatEvery(BEAT_MS);

await Promise.all(
  config.sockets.map((path) =>
    listenOnSocket(
      createServer((socket) => {
        const running = new Map<number, AbortController>();
        const link = new Link(socket, {
          frame: (frame) => void serve(link, running, frame),
          closed: () => {
            for (const controller of running.values()) controller.abort();
          },
        });
      }),
      path,
      0o600,
    ),
  ),
);
parent.send({ type: "ready" });

async function serve(link: Link, running: Map<number, AbortController>, frame: Frame): Promise<void> {
  const { id } = frame;
  if (frame.kind === "fetchCancel") return running.get(id)?.abort();
  if (frame.kind !== "fetch") return;
  if (running.size >= PER_WORKER_MAX) {
    link.send("fetchFailed", id, { message: `fetch failed: the worker has ${PER_WORKER_MAX} sub-requests under way` });
    return;
  }
  const controller = new AbortController();
  running.set(id, controller);
  try {
    const { head, body } = await egress.fetch(frame.meta, frame.body, controller.signal);
    link.send("fetched", id, head, body);
  } catch (error) {
    link.send("fetchFailed", id, { message: `fetch failed: ${(error as Error).message}` });
  } finally {
    running.delete(id);
  }
}
