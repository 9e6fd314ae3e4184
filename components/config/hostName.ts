import ipaddr from "ipaddr.js";
import { AWS_REGION_CODES } from "./regions.ts";

const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const LONGEST_NAME_CHARS = 253;

/** Room for the fleet's own names below the domain, the longest being `<region>.geo.`. */
const LONGEST_PREFIX_CHARS = Math.max(...AWS_REGION_CODES.map((code) => `${code}.geo.`.length));

/** Two labels or more, lower case, with room for the fleet's own names below it. */
export function isFleetDomain(text: string): boolean {
  return isHostName(text) && text.includes(".") && text.length <= LONGEST_NAME_CHARS - LONGEST_PREFIX_CHARS;
}

/** A DNS name that no resolver could take for a number: its last label has a letter. */
export function isHostName(text: string): boolean {
  const labels = text.split(".");
  return text.length <= LONGEST_NAME_CHARS && labels.every((l) => LABEL.test(l)) && /[a-z]/.test(labels.at(-1) ?? "");
}

/** An IP address in its usual notation; `127.1`, `0x7f000001` and scoped addresses are not. */
export function isAddress(text: string): boolean {
  return ipaddr.IPv4.isValidFourPartDecimal(text) || (!text.includes("%") && ipaddr.IPv6.isValid(text));
}

/** An IPv4 loopback address that a process can bind. */
export function isLoopback(text: string): boolean {
  return (
    ipaddr.IPv4.isValidFourPartDecimal(text) &&
    text.startsWith("127.") &&
    text !== "127.0.0.0" &&
    text !== "127.255.255.255"
  );
}

const NO_ORIGIN = new Set(["unspecified", "broadcast", "multicast", "linkLocal"]);

/**
 * Addresses that are never an origin: nobody's, everybody's, and the link-local ones, where clouds keep the instance
 * metadata with its credentials (on IPv6 `fd00:ec2::254`).
 */
export function isForbiddenOrigin(host: string): boolean {
  if (!isAddress(host)) return false;
  const address = ipaddr.process(host);
  return NO_ORIGIN.has(address.range()) || address.toString() === "fd00:ec2::254";
}
