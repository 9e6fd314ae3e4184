import { createServer } from "node:net";
import { networkInterfaces } from "node:os";
import type { AllowedOrigin } from "../config.ts";
import { Link } from "../protocol/link.ts";
import { listenOnSocket, WORKER_SOCKET_MODE } from "../protocol/listen.ts";
import type { PostgresConfig, RedisConfig } from "../storesConfig.ts";
import { ParentPipe } from "../supervisor/parentPipe.ts";
import { BEAT_MS } from "../supervisor/stuckness.ts";
import { BindingCalls, type BindingParts } from "./bindings/bindingCalls.ts";
import { BindingFigures } from "./bindings/bindingFigures.ts";
import { bindingEngines } from "./bindings/engines.ts";
import { HeldBytes } from "./bindings/heldBytes.ts";
import { Places } from "./bindings/places.ts";
import { EgressRules } from "./destination.ts";
import { Egress } from "./egress.ts";
import { Figures } from "./figures.ts";
import { newGrantServer } from "./grantSocket.ts";
import { Grants } from "./grants.ts";
import { Neighbours } from "./neighbours.ts";
import { dropWorker } from "./nonsense.ts";
import { nameServerResolver } from "./resolver.ts";
import { SubRequests } from "./subRequests.ts";
import { Tally } from "./tally.ts";

export interface BrokerConfig {
  /** One socket per worker slot. */
  readonly sockets: readonly string[];
  readonly grantSocket: string;
  readonly grantToken: string;
  /** Where the router hears what functions ask of each other. */
  readonly functionSocket: string;
  readonly origins: readonly AllowedOrigin[];
  readonly denied: readonly string[];
  /** Folder with a file per secret. */
  readonly secretsDir: string;
  readonly postgres: readonly PostgresConfig[];
  readonly redis: readonly RedisConfig[];
  /** Folder of what bindings keep. */
  readonly bindingsDir: string;
  /** Scripts of the broker's threads and processes. */
  readonly scripts: { readonly kv: string; readonly sql: string; readonly stores: string };
}

/**
 * What a worker may send and leave unread, bytes. A frame: the arguments of an operation, of a million characters that take up to
 * 6 bytes each in JSON, and a body of 256 KB. Unread: a window for each of its 512 sub-requests, and as much again for operations.
 */
const WORKER_BOUNDS = { maxFrameBytes: 8 * 1024 * 1024, unsentBytesMax: 256 * 1024 * 1024 };

const parent = new ParentPipe<BrokerConfig>();
const config = await parent.config;
parent.beatEvery(BEAT_MS);

const machine = Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address));
const rules = new EgressRules({ origins: config.origins, denied: config.denied, machine });
const grants = new Grants();
const figures = new Figures();
const parts = {
  grants,
  figures,
  egress: new Egress(rules, nameServerResolver()),
  neighbours: new Neighbours(config.functionSocket, config.grantToken),
};
const runningByFunction = new Tally();
const bindingFigures = new BindingFigures();
const bindings: BindingParts = {
  grants,
  figures: bindingFigures,
  places: new Places(),
  held: new HeldBytes(),
  engines: bindingEngines(config),
};

await Promise.all([
  listenOnSocket(
    newGrantServer({ token: config.grantToken, grants, figures, bindingFigures }),
    config.grantSocket,
    0o600,
  ),
  ...config.sockets.map((path, slot) => listenForWorker(path, slot)),
]);
parent.send({ type: "ready" });

/** A slot has one worker: a second connection waits for nothing and is closed. */
function listenForWorker(path: string, slot: number): Promise<void> {
  let taken = false;
  const server = createServer((socket) => {
    if (taken) {
      socket.destroy();
      return;
    }
    taken = true;
    const link: Link = new Link(
      socket,
      {
        frame: (frame) => {
          try {
            subRequests.hear(frame);
            bindingCalls.hear(frame);
          } catch (error) {
            dropWorker(slot, link, error);
          }
        },
        closed: () => {
          taken = false;
          subRequests.abortAll();
          bindingCalls.abortAll();
        },
      },
      WORKER_BOUNDS,
    );
    const subRequests = new SubRequests(slot, link, parts, runningByFunction);
    const bindingCalls = new BindingCalls(slot, link, bindings);
    link.send("brokerHello", 0, null);
    link.flush();
  });
  return listenOnSocket(server, path, WORKER_SOCKET_MODE);
}
