import { BlockList, isIP } from "node:net";

/**
 * What is not the public Internet, of IPv4: the IANA special-purpose registry, multicast, the reserved class E, and what clouds
 * put on public-looking addresses.
 */
const REFUSED_IPV4 = blockList("ipv4", [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  // Azure's host: metadata and platform services behind a public address.
  "168.63.129.16/32",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.31.196.0/24",
  "192.52.193.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "192.175.48.0/24",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/4",
  "240.0.0.0/4",
]);

/** All that is routed on the public Internet; loopback, NAT64, unique local, link-local, SRv6 and multicast lie outside. */
const GLOBAL_IPV6 = blockList("ipv6", ["2000::/3"]);
const REFUSED_IPV6 = blockList("ipv6", [
  // IETF protocol assignments: Teredo, benchmarking, ORCHID, AMT, drone remote id.
  "2001::/23",
  "2001:db8::/32",
  // 6to4 holds an IPv4 address of the sender's choice.
  "2002::/16",
  "2620:4f:8000::/48",
  "3ffe::/16",
  "3fff::/20",
]);

/** Words 5 and 6 of an ISATAP address: the IPv4 address behind them is one that some routers forward to. */
const ISATAP = /^(?:[0-9a-f]+:){4}(?:0|200):5efe:/;
const IPV4_MAPPED = /^0:0:0:0:0:ffff:([0-9a-f]+):([0-9a-f]+)$/;

/**
 * Whether an address is on the public Internet. An IPv4-mapped address is judged by the IPv4 address in it; every other form that
 * carries one (IPv4-compatible, NAT64, 6to4, Teredo, ISATAP) is refused, and so is an address with a zone.
 */
export function isPublicAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !REFUSED_IPV4.check(address, "ipv4");
    case 6: {
      if (address.includes("%")) return false;
      const words = ipv6Words(address);
      const mapped = mappedIpv4(words);
      if (mapped !== undefined) return !REFUSED_IPV4.check(mapped, "ipv4");
      return GLOBAL_IPV6.check(words, "ipv6") && !REFUSED_IPV6.check(words, "ipv6") && !ISATAP.test(words);
    }
    default:
      return false;
  }
}

/** The address that a URL's host is, or undefined when it is a name. */
export function literalAddress(hostname: string): string | undefined {
  const bare = hostname.startsWith("[") ? hostname.slice(1, -1) : hostname;
  return isIP(bare) === 0 ? undefined : bare;
}

/** One spelling for each address, so that addresses can be compared: an IPv6 address by its words, a mapped IPv4 address as IPv4. */
export function canonicalAddress(address: string): string {
  const [bare = ""] = address.split("%");
  if (isIP(bare) !== 6) return bare;
  const words = ipv6Words(bare);
  return mappedIpv4(words) ?? words;
}

/** All eight words in hexadecimal, as the URL parser reads them. */
function ipv6Words(address: string): string {
  const [head = "", tail] = new URL(`http://[${address}]/`).hostname.slice(1, -1).split("::");
  if (tail === undefined) return head;
  const left = head === "" ? [] : head.split(":");
  const right = tail === "" ? [] : tail.split(":");
  return [...left, ...Array(8 - left.length - right.length).fill("0"), ...right].join(":");
}

function mappedIpv4(words: string): string | undefined {
  const [, high, low] = IPV4_MAPPED.exec(words) ?? [];
  if (high === undefined || low === undefined) return undefined;
  const [first, second] = [high, low].map((word) => Number.parseInt(word, 16)) as [number, number];
  return [first >> 8, first & 255, second >> 8, second & 255].join(".");
}

function blockList(family: "ipv4" | "ipv6", ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [network = "", bits] = range.split("/");
    list.addSubnet(network, Number(bits), family);
  }
  return list;
}
