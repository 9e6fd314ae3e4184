import { networkInterfaces } from "node:os";
import type { AllowedOrigin } from "../config.ts";
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
import { nameServerResolver } from "./resolver.ts";
import { SubRequests } from "./subRequests.ts";
import { Tally } from "./tally.ts";
import { newWorkerServer } from "./workerSocket.ts";

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

function listenForWorker(path: string, slot: number): Promise<void> {
  const server = newWorkerServer(slot, (link) => {
    const subRequests = new SubRequests(slot, link, parts, runningByFunction);
    const bindingCalls = new BindingCalls(slot, link, bindings);
    return {
      hear: (frame) => {
        subRequests.hear(frame);
        bindingCalls.hear(frame);
      },
      gone: () => {
        subRequests.abortAll();
        bindingCalls.abortAll();
      },
    };
  });
  return listenOnSocket(server, path, WORKER_SOCKET_MODE);
}
