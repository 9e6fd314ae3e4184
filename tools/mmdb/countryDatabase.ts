import ipaddr from "ipaddr.js";
import { encode } from "./encode.ts";

/** A network and where it is. */
export interface PlacedNetwork {
  readonly cidr: string;
  /** ISO 3166-1 alpha-2 code. */
  readonly country: string;
  /** Continent code as in GeoIP databases. */
  readonly continent: string;
}

type Branch = [Subtree, Subtree];
/** A branch, the index of a place, or nothing. */
type Subtree = Branch | number | null;

const METADATA_START = Buffer.from("\xab\xcd\xefMaxMind.com", "latin1");
const DATA_SEPARATOR = Buffer.alloc(16);
/** The largest address of a 24-bit record. */
const LARGEST_RECORD = 2 ** 24 - 1;

/**
 * A MaxMind DB in the shape of GeoLite2-Country, for trying and for tests: an IPv6 tree that has IPv4 under `::/96`. The same
 * networks give the same bytes. Throws an `Error` that names the network for one that is malformed, has bits set behind its
 * prefix, or overlaps another.
 */
export function writeCountryDatabase(networks: readonly PlacedNetwork[]): Buffer {
  const root: Branch = [null, null];
  const places: string[] = [];
  for (const { cidr, country, continent } of networks) {
    if (!/^[A-Z]{2}$/.test(country) || !/^[A-Z]{2}$/.test(continent)) {
      throw new Error(`network ${cidr} has no two-letter codes: country ${country}, continent ${continent}`);
    }
    const place = `${continent}/${country}`;
    if (!places.includes(place)) places.push(place);
    insert(root, cidr, places.indexOf(place));
  }
  return assemble(root, places);
}

function insert(root: Branch, cidr: string, place: number): void {
  const bits = bitsOf(cidr);
  let branch = root;
  for (const bit of bits.slice(0, -1)) {
    branch[bit] ??= [null, null];
    const next = branch[bit];
    if (!Array.isArray(next)) throw new Error(`network ${cidr} lies inside another`);
    branch = next;
  }
  const last = bits.at(-1);
  if (last === undefined) throw new Error(`network ${cidr} is the whole address space`);
  if (branch[last] !== null) throw new Error(`network ${cidr} overlaps another`);
  branch[last] = place;
}

/** The network's bits as a path in the IPv6 tree. */
function bitsOf(cidr: string): (0 | 1)[] {
  const [address, prefix] = readCidr(cidr);
  const isIpv4 = address.kind() === "ipv4";
  const bytes = [...(isIpv4 ? Array<number>(12).fill(0) : []), ...address.toByteArray()];
  const bits = bytes.flatMap((byte) => [7, 6, 5, 4, 3, 2, 1, 0].map((shift) => ((byte >> shift) & 1) as 0 | 1));
  const length = prefix + (isIpv4 ? 96 : 0);
  if (bits.slice(length).includes(1)) throw new Error(`network ${cidr} has bits set behind its prefix`);
  return bits.slice(0, length);
}

function readCidr(cidr: string): [ipaddr.IPv4 | ipaddr.IPv6, number] {
  try {
    return ipaddr.parseCIDR(cidr);
  } catch (error) {
    throw new Error(`network ${cidr} is not an address, a slash and a prefix length`, { cause: error });
  }
}

function assemble(root: Branch, places: readonly string[]): Buffer {
  const data: Buffer[] = [];
  const offsets: number[] = [];
  let dataBytes = 0;
  for (const place of places) {
    const [code = "", iso_code = ""] = place.split("/");
    const bytes = encode({ continent: { code, names: { en: code } }, country: { iso_code, names: { en: iso_code } } });
    offsets.push(dataBytes);
    data.push(bytes);
    dataBytes += bytes.length;
  }
  const nodes = numberNodes(root);
  const record = (subtree: Subtree): number => {
    if (subtree === null) return nodes.size;
    if (Array.isArray(subtree)) return nodes.get(subtree) ?? nodes.size;
    return nodes.size + DATA_SEPARATOR.length + (offsets[subtree] ?? 0);
  };
  const tree = Buffer.alloc(nodes.size * 6);
  for (const [[left, right], index] of nodes) {
    for (const [side, subtree] of [left, right].entries()) {
      if (record(subtree) > LARGEST_RECORD) throw new RangeError("too many networks for records of 24 bits");
      tree.writeUIntBE(record(subtree), index * 6 + side * 3, 3);
    }
  }
  return Buffer.concat([tree, DATA_SEPARATOR, ...data, METADATA_START, metadata(nodes.size)]);
}

/** Nodes in the order of the file; the root is the first. */
function numberNodes(root: Branch): Map<Branch, number> {
  const nodes = new Map<Branch, number>();
  const visit = (subtree: Subtree) => {
    if (!Array.isArray(subtree)) return;
    nodes.set(subtree, nodes.size);
    subtree.forEach(visit);
  };
  visit(root);
  return nodes;
}

function metadata(nodeCount: number): Buffer {
  return encode({
    binary_format_major_version: { uintBits: 16, value: 2 },
    binary_format_minor_version: { uintBits: 16, value: 0 },
    // Not the time of writing, so that the bytes depend on the networks alone.
    build_epoch: { uintBits: 64, value: 1 },
    database_type: "GeoLite2-Country",
    description: { en: "Networks for trying edge-fleet" },
    ip_version: { uintBits: 16, value: 6 },
    languages: ["en"],
    node_count: { uintBits: 32, value: nodeCount },
    record_size: { uintBits: 16, value: 24 },
  });
}
