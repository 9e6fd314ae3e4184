import type { EdgeFunction, EdgeRequest } from "@edge-fleet/runner/contract";
import { askUpstream, boundedText } from "edge-fleet/upstream";
import page from "./catalog/page.html";

/**
 * A page over the JSON API at `env.UPSTREAM`, made to be there before it is asked for: the cache gives a copy at once and refreshes it
 * behind the visitor's back, `link` and speculation rules tell browsers what comes next, and a service worker (`catalog.assets`) does
 * the same in the browser, without a network too.
 */

const ROOT = "/catalog";
const ITEMS = `${ROOT}/api/items`;
/** Only these reach the upstream: with others any client could have it asked each time. */
const PARAMETERS = ["page"];
const PAGE = /^[1-9]\d{0,3}$/;
const ITEM = /^\/items\/[\w-]{1,64}$/;
const ITEMS_BYTES_MAX = 1_048_576;

const KEPT = "public, max-age=5, s-maxage=30, stale-while-revalidate=600, stale-if-error=86400";
const PAGE_HEADERS = {
  "content-type": "text/html; charset=utf-8",
  "cache-control": "public, max-age=60, s-maxage=600, stale-while-revalidate=86400, stale-if-error=86400",
  "content-security-policy": "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  // Doors that can send them go ahead with 103 (early hints).
  link: [
    `<${ROOT}/style.css>; rel=preload; as=style`,
    `<${ROOT}/app.js>; rel=modulepreload`,
    `<${ITEMS}>; rel=preload; as=fetch; crossorigin`,
  ].join(", "),
  "speculation-rules": `"${ROOT}/speculation-rules"`,
};
const SPECULATION = {
  prefetch: [{ where: { href_matches: `${ROOT}/*` }, eagerness: "moderate" }],
};

export default {
  async fetch(request, env) {
    if (request.method !== "GET" && request.method !== "HEAD") return failure(405, "use GET");
    const { pathname } = new URL(request.url);
    if (pathname === ROOT) return new Response(null, { status: 308, headers: { location: `${ROOT}/` } });
    if (pathname === `${ROOT}/`) return new Response(page, { headers: PAGE_HEADERS });
    if (pathname === `${ROOT}/speculation-rules`) {
      const headers = { "content-type": "application/speculationrules+json", "cache-control": "public, max-age=3600" };
      return new Response(JSON.stringify(SPECULATION), { headers });
    }
    const path = pathname.startsWith(`${ROOT}/api/`) ? pathname.slice(`${ROOT}/api`.length) : "";
    if (path !== "/items" && !ITEM.test(path)) return failure(404, "not found");
    if (!env.UPSTREAM)
      return failure(500, "no upstream: set edge-fleet:functions.catalog.env.UPSTREAM in the stack config");
    return data(env.UPSTREAM, path, request);
  },
} satisfies EdgeFunction;

/** What fails is not kept, so that the copy before stands in. */
async function data(upstream: string, path: string, request: EdgeRequest): Promise<Response> {
  const { searchParams } = new URL(request.url);
  const unknown = [...searchParams.keys()].find((name) => !PARAMETERS.includes(name));
  if (unknown !== undefined) return failure(400, `unknown parameter: ${unknown}`);
  const number = searchParams.get("page") ?? "1";
  if (!PAGE.test(number)) return failure(400, "page is no number from 1 to 9999");
  try {
    // One answer for all, so nothing of one visitor goes along.
    const response = await askUpstream(upstream, request, { path, headers: { cookie: null, authorization: null } });
    if (response.status === 404) return failure(404, "not found");
    const isJson = /^application\/([\w.-]+\+)?json\b/.test(response.headers.get("content-type") ?? "");
    if (!(response.ok || response.status === 304) || (response.ok && !isJson)) {
      await response.body?.cancel();
      throw new Error(`the upstream answers ${response.status}, ${response.headers.get("content-type")}`);
    }
    const headers = new Headers({ "cache-control": KEPT, "cache-tag": "catalog" });
    for (const name of ["etag", "last-modified", "content-type"]) {
      const value = response.headers.get(name);
      if (value !== null) headers.set(name, value);
    }
    if (response.status === 304) return new Response(null, { status: 304, headers });
    const body = await boundedText(response, ITEMS_BYTES_MAX);
    if (body === undefined) throw new Error(`the upstream answers with more than ${ITEMS_BYTES_MAX} bytes`);
    JSON.parse(body);
    if (path === "/items") headers.set("link", `<${ITEMS}?page=${Number(number) + 1}>; rel=prefetch`);
    return new Response(body, { headers });
  } catch (error) {
    console.error(error);
    return failure(502, "the upstream cannot be reached");
  }
}

function failure(status: number, message: string): Response {
  return Response.json({ error: message }, { status, headers: { "cache-control": "no-store" } });
}
