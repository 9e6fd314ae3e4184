import { readFileSync } from "node:fs";
import ipaddr from "ipaddr.js";
import { type CountryResponse, Reader } from "mmdb-lib";
import type { GeoNetwork } from "./network.ts";
import { SearchTree } from "./searchTree.ts";

type Place = Omit<GeoNetwork, "cidr">;

/**
 * All networks of a MaxMind country or city database that have a country or a continent, in address order. Neighbours in
 * the same place are one network. Throws an `Error` that names the file when it is missing, not such a database, or damaged.
 */
export function readNetworks(file: string): GeoNetwork[] {
  try {
    return geoNetworks(readFileSync(file));
  } catch (error) {
    throw new Error(
      `GeoIP database ${file}: ${error instanceof Error ? error.message : error}. ` +
        "Set edge-fleet:geoipDatabase to a MaxMind country or city database (.mmdb), or remove the key.",
      { cause: error },
    );
  }
}

/** The same for a database in memory; its errors do not name a file. */
export function geoNetworks(database: Buffer): GeoNetwork[] {
  const reader = openDatabase(database);
  const { nodeCount, recordSize, ipVersion } = reader.metadata;
  const tree = new SearchTree(database, { nodeCount, recordBits: recordSize, addressBits: ipVersion === 4 ? 32 : 128 });
  const known = new Map<number, Place>();
  const networks: GeoNetwork[] = [];
  const emit = (start: bigint, prefix: number, place: Place) => {
    for (const cidr of cidrsOf(start, prefix, tree.addressBits)) networks.push({ cidr, ...place });
  };
  const placeOf = (record: number, start: bigint): Place => {
    // mmdb-lib looks up by address only; a record's place is looked up once.
    const place = known.get(record) ?? readPlace(lookUp(reader, addressText(start, tree.addressBits)));
    known.set(record, place);
    return place;
  };

  /** Emits what is below, unless all of it is in one place: then that place is returned for the caller to merge. */
  const visit = (record: number, start: bigint, prefix: number): Place | null => {
    if (!tree.isNode(record)) return tree.isEmpty(record) ? NOWHERE : placeOf(record, start);
    if (!tree.enter(record, start, prefix)) return NOWHERE;
    const middle = start | (1n << BigInt(tree.addressBits - prefix - 1));
    const left = visit(tree.left(record), start, prefix + 1);
    const pending = networks.length;
    if (left !== null && left !== NOWHERE) emit(start, prefix + 1, left);
    const right = visit(tree.right(record), middle, prefix + 1);
    if (left !== null && right !== null && samePlace(left, right)) {
      networks.length = pending;
      return left;
    }
    if (right !== null && right !== NOWHERE) emit(middle, prefix + 1, right);
    return null;
  };
  const whole = visit(0, 0n, 0);
  if (whole !== null && whole !== NOWHERE) emit(0n, 0, whole);
  return networks;
}

function openDatabase(database: Buffer): Reader<CountryResponse> {
  try {
    return new Reader<CountryResponse>(database);
  } catch (error) {
    throw new Error("is not a MaxMind database", { cause: error });
  }
}

function lookUp(reader: Reader<CountryResponse>, address: string): CountryResponse | null {
  try {
    return reader.get(address);
  } catch (error) {
    throw new Error(`is damaged: the record of ${address} cannot be read`, { cause: error });
  }
}

const UNKNOWN_COUNTRY = "XX";
const NOWHERE: Place = { country: UNKNOWN_COUNTRY, continent: null };

function samePlace(a: Place, b: Place): boolean {
  return a.country === b.country && a.continent === b.continent;
}

function readPlace(response: CountryResponse | null): Place {
  const country = readCode(response?.country?.iso_code, "country") ?? UNKNOWN_COUNTRY;
  const continent = readCode(response?.continent?.code, "continent");
  return country === UNKNOWN_COUNTRY && continent === null ? NOWHERE : { country, continent };
}

/** Codes end up in other programs' files, so that nothing but two letters passes. */
function readCode(code: unknown, kind: string): string | null {
  if (code === undefined) return null;
  if (typeof code === "string" && /^[A-Z]{2}$/.test(code)) return code;
  throw new Error(`is damaged: it has the ${kind} code ${JSON.stringify(code)}`);
}

/** IPv4 lives in the lowest 32 bits of an IPv6 tree; a network that spans more than those is two. */
function cidrsOf(start: bigint, prefix: number, addressBits: number): string[] {
  if (addressBits === 32) return [`${addressText(start, 32)}/${prefix}`];
  if (start >> 32n !== 0n) return [`${addressText(start, 128)}/${prefix}`];
  if (prefix >= 96) return [`${addressText(start, 128)}/${prefix - 96}`];
  return ["0.0.0.0/0", `::/${prefix}`];
}

function addressText(address: bigint, addressBits: number): string {
  const isIpv4 = addressBits === 32 || address >> 32n === 0n;
  const bytes = Buffer.from(address.toString(16).padStart(isIpv4 ? 8 : 32, "0"), "hex");
  return ipaddr.fromByteArray([...bytes]).toString();
}
