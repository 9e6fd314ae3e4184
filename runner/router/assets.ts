import { createReadStream } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { extname } from "node:path";
import { pipeline } from "node:stream";
import type { HeaderList } from "../protocol/messages.ts";
import type { ContentRef } from "../release/types.ts";
import type { Deployment } from "./deployment.ts";
import type { Exchange } from "./exchange.ts";
import { RequestBody } from "./requestBody.ts";

/** Types of files by their names; any other is bytes. */
const TYPES: Readonly<Record<string, string>> = {
  ".avif": "image/avif",
  ".css": "text/css; charset=utf-8",
  ".csv": "text/csv; charset=utf-8",
  ".gif": "image/gif",
  ".htm": "text/html; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".ico": "image/x-icon",
  ".jpeg": "image/jpeg",
  ".jpg": "image/jpeg",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".map": "application/json",
  ".md": "text/markdown; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".mp3": "audio/mpeg",
  ".mp4": "video/mp4",
  ".otf": "font/otf",
  ".pdf": "application/pdf",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".ttf": "font/ttf",
  ".txt": "text/plain; charset=utf-8",
  ".wasm": "application/wasm",
  ".webm": "video/webm",
  ".webmanifest": "application/manifest+json",
  ".webp": "image/webp",
  ".woff": "font/woff",
  ".woff2": "font/woff2",
  ".xml": "application/xml",
};
/** A cache keeps the file and asks whether it is still the same, which costs no body. */
const CACHE_CONTROL = "public, max-age=0, must-revalidate";

export type FoundAsset = { readonly asset: ContentRef } | { readonly location: string };

/**
 * The asset at a path: the file itself, `index.html` of a folder with a slash at its end, `page.html` for `page`. A folder without its
 * slash is redirected to the one with it.
 */
export function findAsset(assets: ReadonlyMap<string, ContentRef>, { pathname, search }: URL): FoundAsset | undefined {
  if (assets.size === 0) return undefined;
  const path = decoded(pathname);
  if (path === undefined) return undefined;
  const asset = assets.get(path) ?? assets.get(path.endsWith("/") ? `${path}index.html` : `${path}.html`);
  if (asset !== undefined) return { asset };
  return assets.has(`${path}/index.html`) ? { location: `${pathname}/${search}` } : undefined;
}

/** Answers a GET or HEAD with the function's asset at the URL. @returns false where there is none, and nothing is answered. */
export function answerAsset(
  message: IncomingMessage,
  response: ServerResponse,
  { deployment, url, exchange }: { readonly deployment: Deployment; readonly url: URL; readonly exchange: Exchange },
): boolean {
  const { method, headers } = message;
  if (method !== "GET" && method !== "HEAD") return false;
  const found = findAsset(deployment.assets, url);
  if (found === undefined) return false;
  exchange.deployment = deployment;
  const { limits } = deployment.manifest;
  new RequestBody(message, limits, { failed() {}, waiting() {} }).discard();
  if ("location" in found) {
    exchange.answer({ status: 307, headers: [["location", found.location]] }, Buffer.alloc(0));
    return true;
  }
  const { asset } = found;
  const etag = `"${asset.sha256.slice(0, 32)}"`;
  const kept: HeaderList = [
    ["etag", etag],
    ["cache-control", CACHE_CONTROL],
  ];
  if (isAmong(etag, headers["if-none-match"])) {
    exchange.answer({ status: 304, headers: kept }, Buffer.alloc(0));
    return true;
  }
  const type = TYPES[extname(asset.name).toLowerCase()] ?? "application/octet-stream";
  const head = { status: 200, headers: [["content-type", type] as const, ...kept] };
  if (!exchange.writeHead(head, asset.bytes)) return true;
  if (method === "HEAD") {
    response.end();
    return true;
  }
  exchange.limitSending(limits);
  // A file that cannot be read, or a client that goes, ends the connection: the length was promised.
  pipeline(createReadStream(deployment.fileOf(asset)), response, () => {});
  return true;
}

function isAmong(etag: string, ifNoneMatch: string | undefined): boolean {
  if (ifNoneMatch === undefined) return false;
  return ifNoneMatch.split(",").some((one) => one.trim() === "*" || one.trim().replace(/^W\//, "") === etag);
}

function decoded(pathname: string): string | undefined {
  try {
    return decodeURIComponent(pathname);
  } catch {
    return undefined;
  }
}
