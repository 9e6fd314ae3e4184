import type { RegionName } from "../../../config/fleetConfig.ts";

/** Header in which the cache names where a request goes; clients cannot send it, and it does not leave the node. */
export const DESTINATION_HEADER = "x-edge-out";

/** Nodes of this region and, when none can answer, other regions. */
export const FARM = "farm";

/** The cache of the region that all others ask for an origin. */
export function shieldOf(region: RegionName): string {
  return `shield-${region}`;
}

export function originCalled(name: string): string {
  return `origin-${name}`;
}

/** The socket on which HAProxy takes what leaves the node; `GET /.edge/readyz` there tells whether a destination can answer. */
export function outSocket(layout: { readonly run: string }): string {
  return `${layout.run}/out.sock`;
}
