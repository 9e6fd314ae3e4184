import { parentPort, workerData } from "node:worker_threads";
import type { BindingFaultCode } from "../../bindings/faults.ts";
import { type KvCeilings, KvDatabase, NamespaceFull } from "./kvDatabase.ts";
import type { KvStore } from "./kvStore.ts";

/** What the broker asks this thread: a disk that hesitates must not hold the node's other traffic up. */
export interface KvRequest<M extends keyof KvStore = keyof KvStore> {
  readonly id: number;
  readonly method: M;
  readonly args: Parameters<KvStore[M]>;
}

export type KvAnswer =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly code: BindingFaultCode; readonly message: string; readonly storeCode?: string };

export interface KvThreadData {
  readonly path: string;
  readonly ceilings: KvCeilings;
}

const SWEEP_EVERY_MS = 5_000;
const SWEEP_AGAIN_MS = 50;
const SWEEP_STEPS = 500;
/** Requests that share one commit. */
const BATCH_MAX = 256;
const READS: ReadonlySet<keyof KvStore> = new Set(["get", "piece", "list"]);

const { path, ceilings } = workerData as KvThreadData;
const database = new KvDatabase(path, ceilings);
const waiting: KvRequest[] = [];
let isScheduled = false;

parentPort?.on("message", (request: KvRequest) => {
  waiting.push(request);
  schedule();
});
sweep();

/** Writes that came together are committed together: the wait for the disk is what they cost. */
function schedule(): void {
  if (isScheduled) return;
  isScheduled = true;
  setImmediate(() => {
    isScheduled = false;
    const batch = waiting.splice(0, BATCH_MAX);
    if (waiting.length > 0) schedule();
    const answers = work(batch);
    for (const answer of answers) parentPort?.postMessage(answer);
  });
}

function work(batch: readonly KvRequest[]): KvAnswer[] {
  const writes = batch.some(({ method }) => !READS.has(method));
  try {
    if (writes) database.begin();
    const answers = batch.map(answer);
    if (writes) database.commit();
    return answers;
  } catch (error) {
    database.rollback();
    // One by one, so that only those fail that cannot be done.
    return batch.length === 1 ? batch.map(({ id }) => failed(id, error)) : batch.flatMap((request) => work([request]));
  }
}

/** @throws what SQLite throws: the batch is undone. */
function answer(request: KvRequest): KvAnswer {
  try {
    return { id: request.id, value: perform(request) };
  } catch (error) {
    if (error instanceof NamespaceFull) return failed(request.id, error);
    throw error;
  }
}

function perform({ method, args }: KvRequest): unknown {
  const nowMs = Date.now();
  const given = args as unknown as never[];
  switch (method) {
    case "get":
      return database.get(...(given as unknown as Parameters<KvStore["get"]>), nowMs);
    case "put":
      return database.put(...(given as unknown as Parameters<KvStore["put"]>), nowMs);
    case "beginValue":
      return database.beginValue(...(given as unknown as Parameters<KvStore["beginValue"]>), nowMs);
    case "addPiece":
      return database.addPiece(...(given as unknown as Parameters<KvStore["addPiece"]>));
    case "endValue":
      return database.endValue(...(given as unknown as Parameters<KvStore["endValue"]>), nowMs);
    case "dropValue":
      return database.dropValue(...(given as unknown as Parameters<KvStore["dropValue"]>));
    case "piece":
      return database.piece(...(given as unknown as Parameters<KvStore["piece"]>));
    case "delete":
      return database.delete(...(given as unknown as Parameters<KvStore["delete"]>), nowMs);
    case "list":
      return database.list(...(given as unknown as Parameters<KvStore["list"]>), nowMs);
  }
}

function failed(id: number, error: unknown): KvAnswer {
  const { errcode, message } = error as { errcode?: number; message: string };
  if (error instanceof NamespaceFull) return { id, code: "ERR_BINDING_FULL", message };
  // SQLITE_FULL: the disk, or the most that the file may have.
  if (errcode === 13)
    return { id, code: "ERR_BINDING_FULL", message: "the node has no room for more", storeCode: "SQLITE_FULL" };
  return { id, code: "ERR_BINDING_UNAVAILABLE", message: `the node's store failed: ${message}` };
}

function sweep(): void {
  let more = false;
  try {
    database.begin();
    more = database.sweep(Date.now(), SWEEP_STEPS);
    database.commit();
  } catch {
    // A full or hesitating disk: the next one finds what this one left.
    database.rollback();
  }
  setTimeout(sweep, more ? SWEEP_AGAIN_MS : SWEEP_EVERY_MS);
}
