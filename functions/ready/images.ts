import type { EdgeFunction } from "@edge-fleet/runner/contract";
import { boundedBytes } from "edge-fleet/upstream";
import { decode, encode } from "./images/codecs.ts";
import { type Format, imageHeader } from "./images/header.ts";
import { type Pixels, shrink } from "./images/shrink.ts";

/**
 * Images of `env.SOURCE` in the width and format that a page wants: `/images/photo.jpg?w=640&format=webp`. The cache keeps what was
 * made, so there are as many of each image as `env.WIDTHS` and formats allow, and no client can ask for more.
 */

/** Whatever the function is called. */
const PATH = /^\/[^/]+\/(.+)$/;
const WIDTHS = "160 320 640 960 1280 1920";
const MIME: Readonly<Record<Format, string>> = { jpeg: "image/jpeg", png: "image/png", webp: "image/webp" };
const SOURCE_BYTES_MAX = 8_388_608;
/** A decoder needs up to 16 bytes for each, and there is a heap limit. */
const PIXELS_MAX = 6_000_000;
const SOURCE_WITHIN_MS = 5_000;
const KEPT = "public, max-age=86400, stale-while-revalidate=604800, stale-if-error=604800";

export default {
  async fetch(request, env) {
    if (request.method !== "GET" && request.method !== "HEAD") return failure(405, "use GET");
    if (!URL.canParse(env.SOURCE ?? ""))
      return failure(500, "no source: set edge-fleet:functions.images.env.SOURCE in the stack config");
    const url = new URL(request.url);
    const wish = wishOf(url.searchParams, env.WIDTHS ?? WIDTHS);
    if (typeof wish === "string") return failure(400, wish);
    const path = PATH.exec(url.pathname)?.[1];
    if (path === undefined) return failure(404, "no image: /images/<path>");
    const source = await bytesOf(`${env.SOURCE?.replace(/\/$/, "")}/${path}`);
    if (source instanceof Response) return source;
    return made(source, wish, request);
  },
} satisfies EdgeFunction;

interface Wish {
  /** At most. Default: the largest that is allowed, for encoders need memory too. */
  readonly width: number;
  /** Default: the image's. */
  readonly format: Format | undefined;
}

/** What is wrong with it, as text, so that each image is kept under one name only. */
function wishOf(parameters: URLSearchParams, allowed: string): Wish | string {
  const names = [...parameters.keys()];
  const unknown = names.find((name, index) => !["w", "format"].includes(name) || names.indexOf(name) !== index);
  if (unknown !== undefined) return `unknown or repeated parameter: ${unknown.slice(0, 40)}`;
  const widths = allowed.split(/\s+/);
  const width = parameters.get("w");
  if (width !== null && !widths.includes(width)) return `w is none of ${allowed}`;
  const format = parameters.get("format");
  if (format !== null && !Object.hasOwn(MIME, format)) return `format is none of ${Object.keys(MIME).join(", ")}`;
  return {
    width: width === null ? Math.max(...widths.map(Number)) : Number(width),
    format: (format as Format | null) ?? undefined,
  };
}

/** The source's image, or the answer where there is none. */
async function bytesOf(url: string): Promise<Uint8Array<ArrayBuffer> | Response> {
  try {
    const response = await fetch(url, { redirect: "manual", signal: AbortSignal.timeout(SOURCE_WITHIN_MS) });
    if (response.status === 404 || response.status === 410) return failure(404, "no such image");
    if (response.status !== 200) throw new Error(`${url} answers ${response.status}`);
    return (await boundedBytes(response, SOURCE_BYTES_MAX)) ?? refused(`has more than ${SOURCE_BYTES_MAX} bytes`);
  } catch (error) {
    console.error(error);
    return failure(502, "the source cannot be reached");
  }
}

async function made(source: Uint8Array<ArrayBuffer>, { width, format }: Wish, request: Request): Promise<Response> {
  const header = imageHeader(source);
  if (header === undefined) return refused(`is no ${Object.keys(MIME).join(", ")}`);
  if (header.width * header.height > PIXELS_MAX)
    return refused(`has ${header.width} × ${header.height} pixels, the most is ${PIXELS_MAX}`);
  const target = format ?? header.format;
  const headers = {
    "content-type": MIME[target],
    "cache-control": KEPT,
    "cache-tag": "images",
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'",
    etag: await etagOf(source, `${width} ${target}`),
  };
  if (request.headers.get("if-none-match") === headers.etag) return new Response(null, { status: 304, headers });
  try {
    const image = await shrunk(source, header.format, width);
    // What the decoder held can be collected from here on.
    await new Promise((resolve) => setTimeout(resolve));
    const body = await encode(image, target);
    return new Response(body, { headers });
  } catch (error) {
    console.warn("an image cannot be made", error);
    return refused("cannot be read");
  }
}

async function shrunk(source: Uint8Array, format: Format, width: number): Promise<Pixels> {
  const image = await decode(source, format);
  return shrink(image, Math.min(width, image.width));
}

async function etagOf(source: Uint8Array<ArrayBuffer>, variant: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", source));
  return `"${Array.from(digest.subarray(0, 12), (byte) => byte.toString(16).padStart(2, "0")).join("")}-${variant.replace(" ", "-")}"`;
}

/** Kept for a while: looking at a bad image again costs as much as the first time. */
function refused(what: string): Response {
  return failure(422, `the image ${what}`, "public, max-age=300");
}

function failure(status: number, message: string, kept = "no-store"): Response {
  return Response.json({ error: message }, { status, headers: { "cache-control": kept } });
}
