import type { Link } from "../protocol/link.ts";

/** A worker lives with tenants' code: one that sends nonsense loses its way out, and nobody else anything. */
export function dropWorker(slot: number, link: Pick<Link, "drop">, error: unknown): void {
  const text = error instanceof Error ? error.stack : "";
  process.stderr.write(`the worker of slot ${slot} sent what cannot be understood: ${text}\n`);
  link.drop();
}

/** @throws TypeError when the head of a frame is no object, its key no number of a function, or a text that it has to have none. */
export function checkHead(meta: unknown, texts: readonly string[]): void {
  if (typeof meta !== "object" || meta === null) throw new TypeError("a head is no object");
  const head = meta as Readonly<Record<string, unknown>>;
  if (!Number.isSafeInteger(head.key)) throw new TypeError("a key is no integer");
  for (const name of texts) if (typeof head[name] !== "string") throw new TypeError(`${name} is no text`);
}
