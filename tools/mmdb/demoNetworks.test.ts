import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { accessSync, constants, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { COUNTRIES } from "../../components/config/countries.ts";
import { readNetworks } from "../../components/geoip/networks.ts";
import { DEMO_DATABASE, DEMO_SOURCE, demoDatabase } from "./demoNetworks.ts";

const gdnsd = findProgram("gdnsd");

test("the committed database is what its source gives; `npm run demo-networks` writes it", () => {
  assert.deepEqual(readFileSync(DEMO_DATABASE), demoDatabase());
});

test("every country is on the continent that the geography has it on", () => {
  const { networks } = JSON.parse(readFileSync(DEMO_SOURCE, "utf8"));
  for (const { cidr, country, continent } of networks) assert.equal(COUNTRIES.get(country), continent, cidr);
});

test("the database has the networks of its source", () => {
  const { networks } = JSON.parse(readFileSync(DEMO_SOURCE, "utf8"));
  const byCidr = (a: { cidr: string }, b: { cidr: string }) => (a.cidr < b.cidr ? -1 : 1);
  assert.deepEqual(readNetworks(fileURLToPath(DEMO_DATABASE)).toSorted(byCidr), networks.toSorted(byCidr));
});

test("gdnsd takes it as a GeoIP2 database", { skip: gdnsd === null ? "gdnsd is not installed" : false }, () => {
  const folder = mkdtempSync(join(tmpdir(), "edge-mmdb-"));
  try {
    mkdirSync(join(folder, "zones"));
    writeFileSync(join(folder, "zones", "edge.test"), ZONE);
    writeFileSync(join(folder, "config"), gdnsdConfig(folder));
    execFileSync(gdnsd ?? "", ["-c", folder, "checkconf"], { stdio: "pipe" });
    writeFileSync(join(folder, "geo.mmdb"), demoDatabase().subarray(0, 500));
    writeFileSync(join(folder, "config"), gdnsdConfig(folder, join(folder, "geo.mmdb")));
    assert.throws(() => execFileSync(gdnsd ?? "", ["-c", folder, "checkconf"], { stdio: "pipe" }), "half a database");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

const ZONE = "@ SOA ns1 hostmaster 1 3600 600 5 5\n@ NS ns1\nns1 A 127.0.0.1\nwww 5 DYNA geoip!www\n";

function gdnsdConfig(folder: string, database = fileURLToPath(DEMO_DATABASE)): string {
  return `
options => { listen => [ 127.0.0.1:5399 ], run_dir => ${folder}/run, state_dir => ${folder}/state }
plugins => { geoip => {
  maps => { world => { geoip2_db => ${database}, datacenters => [as, eu], map => { AS => [as, eu], default => [eu, as] } } }
  resources => { www => { map => world, service_types => up, dcmap => { as => 127.0.1.1, eu => 127.0.1.2 } } }
} }
`;
}

function findProgram(name: string): string | null {
  const folders = [...(process.env.PATH ?? "").split(":"), "/usr/sbin"];
  return folders.map((folder) => join(folder, name)).find(isProgram) ?? null;
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
