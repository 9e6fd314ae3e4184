import type { EdgeFunction } from "@edge-fleet/runner/contract";

/**
 * Counts: `POST /counter/<name>` adds one, `GET` tells, and a browser that asks for `text/event-stream` is told of every change. The
 * count is this node's: others count for themselves, and whoever wants the sum adds up theirs.
 */

interface Env {
  readonly DB?: Database;
}
interface Database {
  prepare(sql: string): Statement;
}
interface Statement {
  bind(...values: readonly unknown[]): Statement;
  first<Value>(column: string): Promise<Value | null>;
  run(): Promise<unknown>;
}

const NAME = /^[a-z0-9-]{1,64}$/;
/** Without a bound, anybody could fill the database with names. */
const NAMES_MAX = 10_000;
const LOOK_EVERY_MS = 1_000;
/** Each stream holds a place of the function's `concurrency`; browsers come again by themselves. */
const STREAM_MS = 30_000;

let hasTable = false;

export default {
  async fetch(request, env) {
    if (env.DB === undefined)
      return failure(500, "no database: set edge-fleet:functions.counter.bindings.DB to { sql: counter }");
    const name = new URL(request.url).pathname.split("/")[2] ?? "";
    if (!NAME.test(name)) return failure(400, "a counter's name is 1 to 64 of a–z, 0–9 and -: /counter/visits");
    if (!hasTable) {
      await env.DB.prepare("CREATE TABLE IF NOT EXISTS counts (name TEXT PRIMARY KEY, n INTEGER NOT NULL)").run();
      hasTable = true;
    }
    const { region } = request.edge;
    if (request.method === "POST") {
      const count = await increment(env.DB, name);
      if (count === null) return failure(507, `there are ${NAMES_MAX} counters already`);
      return answer({ name, count, scope: "node", region });
    }
    if (request.method !== "GET" && request.method !== "HEAD") return failure(405, "use GET or POST");
    if (request.headers.get("accept")?.includes("text/event-stream")) return live(env.DB, name, request.signal);
    return answer({ name, count: await current(env.DB, name), scope: "node", region });
  },
} satisfies EdgeFunction<Env>;

/** One statement, so no two requests count from the same number. Null where there is no room for another name. */
function increment(db: Database, name: string): Promise<number | null> {
  const sql = `INSERT INTO counts (name, n)
    SELECT ?1, 1 WHERE EXISTS (SELECT 1 FROM counts WHERE name = ?1) OR (SELECT count(*) FROM counts) < ${NAMES_MAX}
    ON CONFLICT (name) DO UPDATE SET n = n + 1 RETURNING n`;
  return db.prepare(sql).bind(name).first<number>("n");
}

async function current(db: Database, name: string): Promise<number> {
  return (await db.prepare("SELECT n FROM counts WHERE name = ?").bind(name).first<number>("n")) ?? 0;
}

function live(db: Database, name: string, signal: AbortSignal): Response {
  const endsAt = Date.now() + STREAM_MS;
  let told: number | undefined;
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      while (Date.now() < endsAt && !signal.aborted) {
        const count = await current(db, name);
        if (count !== told) {
          told = count;
          controller.enqueue(new TextEncoder().encode(`retry: 1000\ndata: ${JSON.stringify({ name, count })}\n\n`));
          return;
        }
        await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
      }
      controller.close();
    },
  });
  return new Response(stream, { headers: { "content-type": "text/event-stream", "cache-control": "no-store" } });
}

function answer(body: object): Response {
  return Response.json(body, { headers: { "cache-control": "no-store" } });
}

function failure(status: number, message: string): Response {
  return Response.json({ error: message }, { status, headers: { "cache-control": "no-store" } });
}
