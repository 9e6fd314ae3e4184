import ipaddr from "ipaddr.js";
import type { AllowedOrigin } from "../config.ts";

/**
 * Whether an address is on the public Internet. Only `unicast` is: ipaddr.js gives every special range a name of its own
 * (loopback, private, link-local, CGNAT, multicast, reserved, documentation, 6to4, Teredo, NAT64 …).
 */
export function isPublicAddress(address: string): boolean {
  let parsed: ipaddr.IPv4 | ipaddr.IPv6;
  try {
    parsed = ipaddr.process(address);
  } catch {
    return false;
  }
  if (parsed.range() !== "unicast") return false;
  // Deprecated IPv4-compatible addresses (::a.b.c.d) still count as unicast.
  if (parsed.kind() === "ipv6") return (parsed as ipaddr.IPv6).parts.slice(0, 6).some((part) => part !== 0);
  return true;
}

/** The address that a URL's host is, or undefined when it is a name. */
export function literalAddress(hostname: string): string | undefined {
  const bare = hostname.startsWith("[") ? hostname.slice(1, -1) : hostname;
  return ipaddr.isValid(bare) ? bare : undefined;
}

/** The port that a URL means. */
export function portOf(url: URL): number {
  if (url.port !== "") return Number(url.port);
  return url.protocol === "https:" ? 443 : 80;
}

/** Whether the stack config names this very host and port as an origin. */
export function isAllowedOrigin(url: URL, origins: readonly AllowedOrigin[]): boolean {
  const host = url.hostname.startsWith("[") ? url.hostname.slice(1, -1) : url.hostname;
  return origins.some((origin) => origin.host.toLowerCase() === host && origin.port === portOf(url));
}
