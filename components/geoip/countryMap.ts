import { readNetworks } from "./networks.ts";

/** HAProxy's map from a client's network to its country, from a MaxMind database. @throws Error naming the file. */
export function countryMap(database: string): string {
  return readNetworks(database)
    .flatMap(({ cidr, country }) => (country === null ? [] : `${cidr} ${country}\n`))
    .join("");
}
