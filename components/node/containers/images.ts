/** An image of others, as `images.lock.json` names it. */
export interface LockedImage {
  /** Registry, name and tag: `docker.io/library/haproxy:3.4.3`. */
  readonly image: string;
  /** Digest of the image's index, for every architecture: `sha256:<64 hex digits>`. Null where it was never looked up. */
  readonly digest: string | null;
}

/** Images of others that a node runs, or that ours are built on. */
export const LOCKED_IMAGES = {
  haproxy: "runs as the node's door",
  varnish: "is the base of the cache's image",
  node: "is the base of the runner's image",
  debian: "has the exporter of Varnish's counters",
  "node-exporter": "tells the machine's own figures",
} as const;
export type LockedName = keyof typeof LOCKED_IMAGES;
export type ImagesLock = Readonly<Record<LockedName, LockedImage>>;

/** What a node's containers are made from, each by a reference that cannot change. */
export interface NodeImages {
  readonly haproxy: string;
  /** Ours: `components/node/containers/varnish/Dockerfile`. */
  readonly varnish: string;
  /** Ours: `runner/Dockerfile`. */
  readonly runner: string;
  readonly "node-exporter": string;
}

const IMAGE = /^[a-z0-9][a-z0-9._:-]*(\/[a-z0-9][a-z0-9._-]*)+:[\w][\w.-]{0,127}$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;

/** What keeps images from being used, a line each; none when all are pinned. A preview warns of it, an `up` refuses. */
export function imageProblems(lock: Readonly<Record<string, unknown>>): string[] {
  const problems: string[] = [];
  for (const [name, use] of Object.entries(LOCKED_IMAGES)) {
    const where = `images.lock.json: ${name} (which ${use})`;
    const row = lock[name];
    if (typeof row !== "object" || row === null) {
      problems.push(`${where} is missing: add { "image": "<registry>/<name>:<tag>", "digest": "sha256:…" }`);
      continue;
    }
    const { image, digest } = row as Partial<LockedImage>;
    if (typeof image !== "string" || !IMAGE.test(image)) {
      problems.push(`${where} has image ${JSON.stringify(image)}: give <registry>/<name>:<tag>`);
    }
    if (digest === null) {
      problems.push(`${where} has no digest: edge bump-images looks it up`);
    } else if (typeof digest !== "string" || !DIGEST.test(digest)) {
      problems.push(`${where} has digest ${JSON.stringify(digest)}: give sha256: and 64 hex digits, or null`);
    }
  }
  for (const name of Object.keys(lock)) {
    if (!Object.hasOwn(LOCKED_IMAGES, name)) problems.push(`images.lock.json: ${name} is used by nothing: remove it`);
  }
  return problems;
}

/**
 * The reference of an image by its digest; the tag before it is for people.
 *
 * @throws Error when its digest was never looked up.
 */
export function pinnedImage(lock: ImagesLock, name: LockedName): string {
  const { image, digest } = lock[name];
  if (digest === null)
    throw new Error(`images.lock.json has no digest of ${name} (${image}): edge bump-images looks it up`);
  return `${image}@${digest}`;
}
