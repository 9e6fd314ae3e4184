import { readFileSync } from "node:fs";
import { type ImagesLock, type LockedName, type NodeImages, pinnedImage } from "../../node/containers/images.ts";
import type { OwnImage } from "../registry/registry.ts";

/** Digests of images of others, beside `Pulumi.yaml`. */
const LOCK_FILE = "images.lock.json";
/** Stands for a digest that was never looked up; a preview shows it, and no node is started from it. */
const UNKNOWN_DIGEST = `sha256:${"0".repeat(64)}`;

/** The lock of images of others, as it stands beside `Pulumi.yaml`. */
export function readImagesLock(): ImagesLock {
  return JSON.parse(readFileSync(LOCK_FILE, "utf8")) as ImagesLock;
}

/** What a region's nodes run: images of others as the lock says, ours from the region's own registry. */
export function nodeImages(
  lock: ImagesLock,
  own: Readonly<Record<OwnImage, { readonly url: string; readonly digest: string }>>,
): NodeImages {
  const others = (name: LockedName) =>
    lock[name].digest === null ? `${lock[name].image}@${UNKNOWN_DIGEST}` : pinnedImage(lock, name);
  const ours = ({ url, digest }: { readonly url: string; readonly digest: string }) => `${url}@${digest}`;
  return {
    haproxy: others("haproxy"),
    "node-exporter": others("node-exporter"),
    runner: ours(own.runner),
    varnish: ours(own.varnish),
  };
}
