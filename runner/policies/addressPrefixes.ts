import { isIPv4 } from "node:net";

/** Bits of a network's prefix; all of them where none is written. */
export function prefixLength(network: string): number {
  const [address = "", length] = network.split("/");
  return length === undefined ? (isIPv4(address) ? 32 : 128) : Number(length);
}

/**
 * A network as beginnings of addresses in hex, as HAProxy writes them: `ip4:C0000200` for `192.0.2.0`. A prefix that ends
 * within a hex digit is up to eight beginnings.
 *
 * @param network an address or a network that `networkFault` takes.
 */
export function addressPrefixes(network: string): string[] {
  const [address = ""] = network.split("/");
  const bits = prefixLength(network);
  const digits = isIPv4(address) ? hexOfIpv4(address) : hexOfIpv6(address);
  const family = isIPv4(address) ? "ip4" : "ip6";
  const whole = digits.slice(0, Math.floor(bits / 4));
  const rest = bits % 4;
  if (rest === 0) return [`${family}:${whole}`];
  const count = 2 ** (4 - rest);
  const first = Math.floor(Number.parseInt(digits[whole.length] as string, 16) / count) * count;
  return Array.from({ length: count }, (_, index) => `${family}:${whole}${(first + index).toString(16).toUpperCase()}`);
}

function hexOfIpv4(address: string): string {
  return address.split(".").map(Number).map(hexByte).join("");
}

function hexOfIpv6(address: string): string {
  // The parser of URLs knows every spelling, and writes one: lower-case groups, `::` once, no dots.
  const [head = "", tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split("::");
  const groups = (text: string | undefined) => (text === undefined || text === "" ? [] : text.split(":"));
  const [left, right] = [groups(head), groups(tail)];
  const middle = tail === undefined ? [] : Array<string>(8 - left.length - right.length).fill("0");
  return [...left, ...middle, ...right]
    .map((group) => group.padStart(4, "0"))
    .join("")
    .toUpperCase();
}

function hexByte(byte: number): string {
  return byte.toString(16).padStart(2, "0").toUpperCase();
}
