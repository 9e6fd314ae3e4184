import { Readable } from "node:stream";
import { parentPort, workerData } from "node:worker_threads";
import { readSecret } from "../../secretFiles.ts";
import type { PostgresConfig, RedisConfig } from "../../storesConfig.ts";
import { PostgresEngine } from "../postgres/postgresEngine.ts";
import { RedisEngine } from "../redis/redisEngine.ts";
import { BindingFault } from "./engine.ts";
import type { FromStores, StoreKind, ToStores } from "./storesMessages.ts";

export interface StoresData {
  readonly secretsDir: string;
  readonly postgres: readonly PostgresConfig[];
  readonly redis: readonly RedisConfig[];
}

/** The stores with servers: reading what they and functions send takes time, and a result is held whole. Here that is nobody else's. */
const { secretsDir, postgres, redis } = workerData as StoresData;
const secretOf = (kind: StoreKind) => (name: string) =>
  readSecret(secretsDir, name, { owner: kind, what: `edge-fleet:${kind}` });
const engines = {
  postgres: new PostgresEngine(postgres, secretOf("postgres")),
  redis: new RedisEngine(redis, secretOf("redis")),
};
const open = new Map<number, AbortController>();

parentPort?.on("message", (message: ToStores) => {
  if (message.type === "run") void run(message);
  else open.get(message.id)?.abort(new Error("nobody waits for it any more"));
});

async function run({ id, kind, operation, body }: Extract<ToStores, { type: "run" }>): Promise<void> {
  const controller = new AbortController();
  open.set(id, controller);
  try {
    const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
    const { signal } = controller;
    // What it holds is counted where it came in.
    const whole = { body: bytes, bodyBytes: bytes.length, hold: () => {} };
    const answer = await engines[kind].run({ ...operation, ...whole, signal });
    const { result = null, body: given } = answer;
    if (given instanceof Readable) {
      given.resume();
      given.once("error", () => {});
      given.once("close", () => close(id));
      tell({ type: "done", id, result, isOpen: true });
      return;
    }
    tell({ type: "done", id, result, isOpen: false, ...(given !== undefined && { body: given }) });
  } catch (error) {
    const failure = error instanceof BindingFault ? error.failure : undefined;
    if (failure === undefined && !controller.signal.aborted) {
      process.stderr.write(`${operation.operation} of ${kind} failed: ${(error as Error)?.stack ?? error}\n`);
    }
    tell({ type: "failed", id, failure });
  }
  open.delete(id);
}

function close(id: number): void {
  open.delete(id);
  tell({ type: "closed", id });
}

function tell(message: FromStores): void {
  parentPort?.postMessage(message);
}
