import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { Readable } from "node:stream";
import type { BrokerConfig } from "../broker/main.ts";
import { brokerSocket, functionSocket, grantSocket, type RunnerConfig, slotCountWithPrivate } from "../config.ts";
import type { LineOutput } from "../log/lineOutput.ts";
import type { Log } from "../log.ts";
import type { RouterConfig } from "../router/main.ts";
import type { Bundles } from "./bundleTable.ts";
import { Child } from "./child.ts";
import type { Death } from "./messages.ts";
import { BROKER_ARGS, ROUTER_ARGS } from "./nodeArgs.ts";

/** The router drains for 10 s; what lives longer is killed. */
const ROUTER_STOP_MS = 11_000;
const STOP_MS = 1_000;

interface ServingParts {
  readonly config: RunnerConfig;
  readonly scripts: Bundles;
  readonly log: Log;
  /** Where the log lines of both go. */
  readonly output: LineOutput;
  /** One of them ended without ever having come up: trying again will not help. */
  readonly cannotStart: () => void;
}

/** Router and broker: what has the node's network, and no tenant's code. */
export class Serving {
  readonly #router: Child;
  readonly #broker: Child;
  #untold: Death[] = [];

  constructor({ config, scripts, log, output, cannotStart }: ServingParts) {
    const events = {
      log,
      relay: (child: Child, lines: Readable) => output.relay(child.name, lines),
      ready: (child: Child) => {
        if (child === this.#router) this.#tell();
      },
      died: (child: Child, cause: Death["cause"]) => {
        if (!child.wasReady) cannotStart();
        this.#untold.push({ process: child.role, slot: null, cause });
        if (child === this.#broker) this.#tell();
      },
    };
    const grantToken = randomBytes(32).toString("hex");
    const router: RouterConfig = { runner: config, grantToken, stackMapper: scripts.stackMapper };
    const slots = Array.from({ length: slotCountWithPrivate(config) }, (_, slot) => slot);
    const broker: BrokerConfig = {
      sockets: slots.map((slot) => brokerSocket(config, slot)),
      grantSocket: grantSocket(config),
      grantToken,
      functionSocket: functionSocket(config),
      origins: config.origins,
      denied: config.denied,
      secretsDir: config.secretsDir,
      postgres: config.postgres,
      redis: config.redis,
      bindingsDir: join(config.stateDir, "bindings"),
      scripts: { kv: scripts.kv, sql: scripts.sql, stores: scripts.stores },
    };
    const common = { slot: null, rssLimitBytes: undefined, oomKills: undefined };
    const node = process.execPath;
    this.#router = new Child(
      { ...common, role: "router", command: [node, ...ROUTER_ARGS, scripts.router], config: router },
      events,
    );
    this.#broker = new Child(
      { ...common, role: "broker", command: [node, ...BROKER_ARGS, scripts.broker], config: broker },
      events,
    );
  }

  start(): void {
    this.#broker.start();
    this.#router.start();
  }

  check(): void {
    this.#broker.check();
    this.#router.check();
  }

  /** Tells the router of log lines that this process dropped. @returns whether there is a router. */
  tellDropped(lines: number): boolean {
    if (this.#router.isGone) return false;
    this.#router.send({ type: "linesDropped", lines });
    return true;
  }

  /** Stops taking requests, and waits for those under way. */
  drainAndWait(): Promise<void> {
    return this.#router.stopAndWait(ROUTER_STOP_MS);
  }

  stopAndWait(): Promise<void> {
    return this.#broker.stopAndWait(STOP_MS);
  }

  /** The router hears of its own deaths when it is up again. */
  #tell(): void {
    if (this.#router.isGone) return;
    for (const death of this.#untold) this.#router.send({ type: "death", ...death });
    this.#untold = [];
  }
}
