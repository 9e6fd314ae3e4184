import { serveCompiler } from "../compiler/serve.ts";
import type { IsolatePoolConfig } from "../config.ts";
import { connectWithRetry } from "../protocol/connect.ts";
import { Link } from "../protocol/link.ts";
import type { Frame } from "../protocol/messages.ts";
import { ROUTER_GONE_EXIT } from "../supervisor/exits.ts";
import { ParentPipe } from "../supervisor/parentPipe.ts";
import { BEAT_MS } from "../supervisor/stuckness.ts";
import { BrokerClient } from "./brokerClient.ts";
import { Platform } from "./platformIsolate.ts";
import { Worker } from "./worker.ts";

/** What a worker is given over its pipe; it reads no file and has no environment. */
export interface WorkerConfig {
  readonly slot: number;
  /** `compile`: it makes code caches for the router and runs no function. */
  readonly task: "serve" | "compile";
  readonly routerSocket: string;
  readonly brokerSocket: string;
  readonly platform: string;
  /** V8's snapshot of the platform in base64; null where there is none. */
  readonly snapshot: string | null;
  readonly isolates: IsolatePoolConfig;
  /** Resident size above which the worker is replaced, bytes. */
  readonly memoryBytes: number;
}

/** Time that other functions' requests get to end before a worker with unstoppable code is killed, ms. */
const RETIRE_MS = 500;

const parent = new ParentPipe<WorkerConfig>();
const config = await parent.config;
parent.beatEvery(BEAT_MS);
const socket = await connectWithRetry(config.routerSocket, Number.POSITIVE_INFINITY);
const snapshot = config.snapshot === null ? undefined : Buffer.from(config.snapshot, "base64");
const link: Link = new Link(socket, {
  frame: (frame) => hear(frame),
  // Keys of functions are the router's own: a new router begins with new workers.
  closed: () => process.exit(ROUTER_GONE_EXIT),
});
const hear = config.task === "compile" ? serveCompiler(link, snapshot) : serveFunctions();
link.send("hello", 0, { slot: config.slot, pid: process.pid });
parent.send({ type: "ready" });

function serveFunctions(): (frame: Frame) => void {
  const worker = new Worker({
    link,
    broker: new BrokerClient(config.brokerSocket),
    platform: new Platform({ script: config.platform, snapshot }),
    isolates: config.isolates,
    memoryBytes: config.memoryBytes,
    // An ordinary exit would wait for the thread that cannot be stopped.
    retire: () => setTimeout(() => process.kill(process.pid, "SIGKILL"), RETIRE_MS),
  });
  return (frame) => worker.hear(frame);
}
