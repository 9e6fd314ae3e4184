import type { EdgeFunction } from "@edge-fleet/runner/contract";
import { type Entry, entryOf } from "./guestbook/entry.ts";
import { Page } from "./guestbook/page.tsx";

/** A small application that is rendered here, in JSX, and needs no script in the browser: entries in a database, and a form. */

interface Env {
  readonly DB?: Database;
}
interface Database {
  prepare(sql: string): Statement;
}
interface Statement {
  bind(...values: readonly unknown[]): Statement;
  all<Row>(): Promise<{ readonly results: readonly Row[] }>;
  run(): Promise<unknown>;
}

const SHOWN = 20;
/** The oldest make room. */
const KEPT = 1_000;
const FORM_BYTES_MAX = 8_192;
const HEADERS = {
  "content-type": "text/html; charset=utf-8",
  "cache-control": "private, no-store",
  "content-security-policy":
    "default-src 'none'; style-src 'self' 'unsafe-inline'; form-action 'self'; base-uri 'none'",
  "x-content-type-options": "nosniff",
};

let hasTable = false;

export default {
  async fetch(request, env) {
    const { DB } = env;
    if (DB === undefined)
      return text(500, "no database: set edge-fleet:functions.guestbook.bindings.DB to { sql: guestbook }");
    if (!hasTable) {
      await DB.prepare(
        "CREATE TABLE IF NOT EXISTS entries (id INTEGER PRIMARY KEY, name TEXT, text TEXT, country TEXT, at INTEGER)",
      ).run();
      hasTable = true;
    }
    if (request.method === "GET" || request.method === "HEAD") return page(DB, 200);
    if (request.method !== "POST") return text(405, "use GET or POST");
    // Browsers say where a form was sent from; one on another site is not the visitor's will.
    const site = request.headers.get("sec-fetch-site") ?? "same-origin";
    if (site !== "same-origin") return text(403, "the form was sent from another site");
    const entry = entryOf(await formOf(request));
    if (typeof entry === "string") return page(DB, 400, entry);
    await DB.prepare("INSERT INTO entries (name, text, country, at) VALUES (?, ?, ?, ?)")
      .bind(entry.name, entry.text, request.edge.country, Date.now())
      .run();
    await DB.prepare(`DELETE FROM entries WHERE id <= (SELECT max(id) FROM entries) - ${KEPT}`).run();
    // So that a reload does not send the form again.
    return new Response(null, { status: 303, headers: { location: new URL(request.url).pathname } });
  },
} satisfies EdgeFunction<Env>;

async function page(db: Database, status: number, problem?: string): Promise<Response> {
  const statement = db.prepare("SELECT name, text, country, at FROM entries ORDER BY id DESC LIMIT ?").bind(SHOWN);
  const { results } = await statement.all<Entry>();
  return new Response(`<!doctype html>${Page({ entries: results, problem })}`, {
    status,
    headers: HEADERS,
  });
}

/** Empty for what is no form of ours. */
async function formOf(request: Request): Promise<URLSearchParams> {
  const isForm = request.headers.get("content-type")?.startsWith("application/x-www-form-urlencoded") ?? false;
  const isSmall = Number(request.headers.get("content-length") ?? Number.NaN) <= FORM_BYTES_MAX;
  return new URLSearchParams(isForm && isSmall ? await request.text() : "");
}

function text(status: number, message: string): Response {
  return new Response(`${message}\n`, { status, headers: { ...HEADERS, "content-type": "text/plain; charset=utf-8" } });
}
