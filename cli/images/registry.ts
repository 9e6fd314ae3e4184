import { createHash } from "node:crypto";
import { CommandError } from "../errors.ts";

/** An image's list of what it is on each architecture: its digest names the image on all of them. */
const INDEX_TYPES = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
];
const INDEX_BYTES_MAX = 4 * 1024 * 1024;
const ANSWER_WITHIN_MS = 20_000;
/** The name that people write is not where it answers. */
const HOSTS: Readonly<Record<string, string>> = { "docker.io": "registry-1.docker.io" };
const REFERENCE = /^([^/]+)\/(.+):([\w][\w.-]{0,127})$/;
const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/;

/**
 * The digest of an image's index, as its registry has it now, checked against the index itself.
 *
 * @param image registry, name and tag: `docker.io/library/haproxy:3.4.3`. A registry on this machine is asked without TLS.
 * @throws CommandError naming the image, what was asked and what came instead
 */
export async function indexDigest(image: string, signal: AbortSignal): Promise<string> {
  const [, registry = "", name = "", tag = ""] = REFERENCE.exec(image) ?? [];
  const host = HOSTS[registry] ?? registry;
  const url = `${LOOPBACK.test(host) ? "http" : "https"}://${host}/v2/${name}/manifests/${tag}`;
  const ask = (headers: Record<string, string>) => get(url, { headers, image, signal });
  let response = await ask({ accept: INDEX_TYPES.join(", ") });
  if (response.status === 401) {
    await response.body?.cancel();
    const token = await anonymousToken(response.headers.get("www-authenticate") ?? "", { image, signal });
    response = await ask({ accept: INDEX_TYPES.join(", "), authorization: `Bearer ${token}` });
  }
  if (!response.ok) {
    await response.body?.cancel();
    const what = response.status === 404 ? "has no such tag" : `answers with ${response.status}`;
    throw new CommandError(`${image}: the registry ${what} (${url})`);
  }
  const type = response.headers.get("content-type")?.split(";")[0] ?? "";
  if (!INDEX_TYPES.includes(type)) {
    await response.body?.cancel();
    throw new CommandError(
      `${image}: is no index of architectures but ${type || "of no type"}; take a tag that is for all of them`,
    );
  }
  const bytes = await bounded(response, image);
  const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
  const said = response.headers.get("docker-content-digest");
  if (said !== null && said !== digest) {
    throw new CommandError(`${image}: the registry says ${said}, what it sends is ${digest}: do not trust it`);
  }
  return digest;
}

/** Registries give out what is public against a token that anybody gets. */
async function anonymousToken(challenge: string, to: { image: string; signal: AbortSignal }): Promise<string> {
  const fields = Object.fromEntries([...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, value]) => [key, value]));
  const { realm, service, scope } = fields;
  if (!/^Bearer /i.test(challenge) || realm === undefined || !URL.canParse(realm)) {
    throw new CommandError(`${to.image}: the registry wants to know who asks; only what is public is looked up`);
  }
  const url = new URL(realm);
  if (service !== undefined) url.searchParams.set("service", service);
  if (scope !== undefined) url.searchParams.set("scope", scope);
  const response = await get(url.href, { ...to, headers: {} });
  const answer = (await response.json().catch(() => ({}))) as { token?: unknown; access_token?: unknown };
  const token = answer.token ?? answer.access_token;
  if (response.ok && typeof token === "string") return token;
  throw new CommandError(`${to.image}: ${url.origin} gives no token to read it (status ${response.status})`);
}

async function get(
  url: string,
  { headers, image, signal }: { headers: Record<string, string>; image: string; signal: AbortSignal },
): Promise<Response> {
  try {
    return await fetch(url, { headers, signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]) });
  } catch (error) {
    signal.throwIfAborted();
    const { cause, message } = error as Error;
    const why = cause instanceof Error ? cause.message : message;
    throw new CommandError(`${image}: ${new URL(url).origin} cannot be asked: ${why}`, { cause: error });
  }
}

async function bounded({ body }: Response, image: string): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of body ?? []) {
    length += part.length;
    if (length > INDEX_BYTES_MAX) throw new CommandError(`${image}: its index is larger than ${INDEX_BYTES_MAX} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}
