import path from "node:path";
import { styleText } from "node:util";
import type { LocalConfig } from "../components/config/fleetConfig.ts";

/** The stack's outputs, as `index.ts` exports them. */
export interface FleetOutputs {
  readonly domain: string;
  /** Address by region. */
  readonly regions: Readonly<Record<string, string>>;
  readonly release: number;
  /** Routes by function. */
  readonly routes: Readonly<Record<string, readonly string[]>>;
  readonly local: LocalConfig;
}

/** What a person wants to know when the fleet is up: where it is, what it serves, and three lines to try. */
export function summary(outputs: FleetOutputs, authorityFile: string, cwd: string): string {
  const { domain, regions, release, routes, local } = outputs;
  const { ports, hubAddress } = local;
  const names = Object.keys(regions).sort();
  const functions = Object.keys(routes).sort();
  const head = `${domain} is up: ${names.length} regions, ${functions.length} functions, release ${release}`;
  return [
    styleText("bold", head),
    "",
    table(
      ["REGION", "ADDRESS"],
      names.map((name) => [name, `https://${regions[name]}:${ports.https}`]),
    ),
    "",
    table(
      ["FUNCTION", "ROUTES"],
      functions.map((name) => [name, (routes[name] ?? []).join("  ")]),
    ),
    "",
    table(
      ["SHARED", "ADDRESS"],
      [
        ["geo DNS", `${hubAddress}:${ports.dns}`],
        ["Prometheus", `http://${hubAddress}:${ports.prometheus}`],
        ["origin", `http://${hubAddress}:${ports.origin}`],
      ],
    ),
    "",
    styleText("bold", "Try"),
    ...tryLines(outputs, path.relative(cwd, authorityFile) || authorityFile).map((line) => `  ${line}`),
    "",
  ].join("\n");
}

/** A request to one region each: a function, its region's view, and a cached response (the second time). */
export function tryLines({ domain, regions, local }: FleetOutputs, authorityFile: string): string[] {
  const { https } = local.ports;
  const addresses = Object.keys(regions)
    .sort()
    .map((name) => regions[name] as string);
  return ["/hello?name=you", "/geo", "/proxy/time"].map((page, index) => {
    const address = addresses[index % addresses.length];
    const flags = `${page.startsWith("/proxy") ? "-i " : ""}--cacert ${authorityFile}`;
    return `curl ${flags} --resolve ${domain}:${https}:${address} '${`https://${domain}:${https}${page}`}'`;
  });
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const width = Math.max(...[head, ...rows].map(([first = ""]) => first.length)) + 3;
  const line = ([first = "", second = ""]: readonly string[]) => `  ${first.padEnd(width)}${second}`;
  return [styleText("dim", line(head)), ...rows.map(line)].join("\n");
}
