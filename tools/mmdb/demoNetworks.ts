import { readFileSync, writeFileSync } from "node:fs";
import { type PlacedNetwork, writeCountryDatabase } from "./countryDatabase.ts";

/** People edit the first; the second is made from it. */
export const DEMO_SOURCE = new URL("../../stacks/demo-networks.json", import.meta.url);
export const DEMO_DATABASE = new URL("../../stacks/demo-networks.mmdb", import.meta.url);

export function demoDatabase(): Buffer {
  const { networks } = JSON.parse(readFileSync(DEMO_SOURCE, "utf8")) as { readonly networks: readonly PlacedNetwork[] };
  return writeCountryDatabase(networks);
}

if (import.meta.main) writeFileSync(DEMO_DATABASE, demoDatabase());
