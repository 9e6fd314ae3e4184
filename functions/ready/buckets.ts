import type { EdgeContext, EdgeFunction, EdgeRequest } from "@edge-fleet/runner/contract";
import { AwsClient } from "aws4fetch";

/**
 * Moves readers from the bucket `env.OLD` to `env.NEW`, `env.PERCENT` of the keys at a time. A key that has moved is read from the
 * new bucket; where that has it not yet, the old one answers and the object is copied over. 0 reads the old bucket alone, 100 all
 * that was ever read from the new one. Whoever writes writes to the new bucket: a copy never replaces what is there.
 */

interface Env {
  readonly OLD?: string;
  readonly NEW?: string;
  readonly PERCENT?: string;
  readonly REGION?: string;
  readonly OLD_KEY_ID?: string;
  readonly OLD_KEY?: string;
  readonly NEW_KEY_ID?: string;
  readonly NEW_KEY?: string;
}
interface Bucket {
  readonly url: string;
  /** Null for a bucket that everybody may read. */
  readonly signer: AwsClient | null;
}

/** Whatever the function is called. */
const KEY = /^\/[^/]+\/(.+)$/;
/** S3 wants to know an object's length before it comes, so a copy is held whole; larger objects are for a batch job. */
const COPY_BYTES_MAX = 8_388_608;
/** What clients may ask and what they are told; all else is the bucket's own. */
const ASKED = ["range", "if-none-match", "if-modified-since", "if-match", "if-unmodified-since"];
const TOLD = [
  "content-type",
  "content-length",
  "content-range",
  "content-language",
  "content-disposition",
  "content-encoding",
  "accept-ranges",
  "cache-control",
  "expires",
  "etag",
  "last-modified",
];
const COPIED = [
  "content-type",
  "content-language",
  "content-disposition",
  "content-encoding",
  "cache-control",
  "expires",
];

export default {
  async fetch(request, env, context) {
    const percent = percentOf(env.PERCENT);
    const missing = missingConfig(env, percent);
    if (missing !== undefined) return failure(500, missing);
    if (request.method !== "GET" && request.method !== "HEAD") return failure(405, "it reads only: use GET or HEAD");
    const { pathname } = new URL(request.url);
    const key = KEY.exec(pathname)?.[1];
    if (key === undefined) return failure(404, "no key: /buckets/<key>");
    const old = bucket(env.OLD as string, env.OLD_KEY_ID, env.OLD_KEY, env.REGION);
    try {
      if (shareOf(key) >= (percent as number)) return answer(await read(old, key, request), "old");
      const next = bucket(env.NEW as string, env.NEW_KEY_ID, env.NEW_KEY, env.REGION);
      const found = await readOrFail(next, key, request);
      if (found !== undefined) return answer(found, "new");
      return await fallBack({ old, next, key, request, context });
    } catch (error) {
      console.error(error);
      return failure(502, "the bucket cannot be reached");
    }
  },
} satisfies EdgeFunction<Env>;

function percentOf(text: string | undefined): number | undefined {
  const percent = Number(text);
  return text?.trim() && percent >= 0 && percent <= 100 ? percent : undefined;
}

function missingConfig(env: Env, percent: number | undefined): string | undefined {
  const set = (what: string) => `set edge-fleet:functions.buckets.${what} in the stack config`;
  for (const name of ["OLD", "NEW"] as const) {
    if (!URL.canParse(env[name] ?? "")) return `no address of a bucket: ${set(`env.${name}`)}`;
    if (!env[`${name}_KEY_ID`] !== !env[`${name}_KEY`])
      return `half of a credential: ${set(`secrets.${name}_KEY_ID and secrets.${name}_KEY`)}`;
  }
  return percent === undefined ? `no percentage from 0 to 100: ${set("env.PERCENT")}` : undefined;
}

function bucket(url: string, keyId: string | undefined, key: string | undefined, region = "us-east-1"): Bucket {
  const base = url.replace(/\/$/, "");
  if (!keyId || !key) return { url: base, signer: null };
  // Failed calls are for the caller: a page does not wait for ten tries.
  return {
    url: base,
    signer: new AwsClient({ accessKeyId: keyId, secretAccessKey: key, service: "s3", region, retries: 0 }),
  };
}

/** 0 up to 100, the same for a key on every node: what was moved stays moved when the percentage grows (FNV-1a). */
export function shareOf(key: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(key)) hash = Math.imul(hash ^ byte, 0x01000193);
  // Mixed once more: keys that differ in their last character alone would lie side by side.
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32) * 100;
}

function send({ url, signer }: Bucket, key: string, init: RequestInit): Promise<Response> {
  // The signer takes a plus for a space, and buckets do not.
  const object = `${url}/${key.replaceAll("+", "%2B")}`;
  return signer === null ? fetch(object, init) : signer.fetch(object, init);
}

function read(from: Bucket, key: string, request: EdgeRequest): Promise<Response> {
  const asked = ASKED.flatMap((name): [string, string][] => {
    const value = request.headers.get(name);
    return value === null ? [] : [[name, value]];
  });
  const headers = { ...Object.fromEntries(asked), "accept-encoding": "identity" };
  return send(from, key, { method: request.method, headers, redirect: "manual" });
}

/** Undefined where the bucket has it not, or does not answer: the old one still has everything. */
async function readOrFail(from: Bucket, key: string, request: EdgeRequest): Promise<Response | undefined> {
  try {
    const response = await read(from, key, request);
    // A bucket that may not be listed says 403 of what it has not.
    if (response.status < 500 && response.status !== 404 && response.status !== 403) return response;
    if (response.status !== 404) console.warn("the new bucket fails", { key, status: response.status });
    await response.body?.cancel();
  } catch (error) {
    console.warn("the new bucket cannot be reached", error);
  }
  return undefined;
}

interface Fall {
  readonly old: Bucket;
  readonly next: Bucket;
  readonly key: string;
  readonly request: EdgeRequest;
  readonly context: EdgeContext;
}

async function fallBack({ old, next, key, request, context }: Fall): Promise<Response> {
  const response = await read(old, key, request);
  const length = Number(response.headers.get("content-length") ?? Number.NaN);
  const isWhole = request.method === "GET" && response.status === 200 && response.body !== null;
  if (!isWhole) return answer(response, "old");
  if (!(length <= COPY_BYTES_MAX)) {
    console.warn("too large to be copied on the way", { key, bytes: length });
    return answer(response, "old");
  }
  const body = await response.arrayBuffer();
  context.waitUntil(copy(next, key, response.headers, body));
  return answer(new Response(body, { status: 200, headers: response.headers }), "old");
}

/** Tells of failures in the log alone: the next reader tries again. */
async function copy(to: Bucket, key: string, received: Headers, body: ArrayBuffer): Promise<void> {
  const kept = COPIED.flatMap((name): [string, string][] => {
    const value = received.get(name);
    return value === null ? [] : [[name, value]];
  });
  try {
    // Between our reading and our writing somebody may have written it anew.
    const headers = { ...Object.fromEntries(kept), "if-none-match": "*" };
    const { ok, status } = await send(to, key, { method: "PUT", headers, body });
    if (ok) console.log("copied", { key, bytes: body.byteLength });
    else if (status !== 412) console.error("the copy was refused", { key, status });
  } catch (error) {
    console.error("the copy failed", error);
  }
}

function answer(response: Response, from: "old" | "new"): Response {
  const told = TOLD.flatMap((name): [string, string][] => {
    const value = response.headers.get(name);
    return value === null ? [] : [[name, value]];
  });
  const headers = new Headers([...told, ["x-bucket", from]]);
  if (response.status >= 400) headers.set("cache-control", "no-store");
  return new Response(response.body, { status: response.status, headers });
}

function failure(status: number, message: string): Response {
  return Response.json({ error: message }, { status, headers: { "cache-control": "no-store" } });
}
