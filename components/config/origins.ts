import { choose } from "./explain.ts";
import type { OriginConfig } from "./fleetConfig.ts";
import { isAddress } from "./hostName.ts";
import type { RawOrigin } from "./originSchema.ts";
import type { ProblemList } from "./problems.ts";

const HTTPS_PORT = 443;

/** Sorted by name. @param regions names that a shield may have. */
export function resolveOrigins(
  origins: Readonly<Record<string, RawOrigin>>,
  regions: readonly string[],
  problems: ProblemList,
): OriginConfig[] {
  const owners = new Map<string, string>();
  for (const [name, origin] of Object.entries(origins)) {
    checkTls(name, origin, problems);
    checkShield(name, origin, regions, problems);
    for (const [index, host] of origin.serves.entries()) {
      const owner = owners.get(host);
      if (owner === undefined) owners.set(host, name);
      else {
        problems.add(["origins", name, "serves", index], {
          value: host,
          problem: `is also served by edge-fleet:origins.${owner}`,
          remedy: "Leave it in one of them.",
        });
      }
    }
  }
  return Object.entries(origins)
    .map(([name, origin]) => ({
      name,
      host: origin.host,
      port: origin.port,
      tls: usesTls(origin) ? { serverName: origin.serverName ?? origin.host, ca: origin.ca ?? null } : null,
      serves: origin.serves,
      shield: origin.shield ?? null,
      connections: origin.connections,
      health: origin.health ?? null,
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function usesTls({ tls, port }: RawOrigin): boolean {
  return (tls ?? (port === HTTPS_PORT ? "verify" : "off")) === "verify";
}

function checkTls(name: string, origin: RawOrigin, problems: ProblemList): void {
  if (usesTls(origin)) {
    if (origin.serverName === undefined && isAddress(origin.host)) {
      problems.add(["origins", name, "serverName"], {
        value: undefined,
        problem: `is missing; the host ${origin.host} is an address, and a certificate is checked by name`,
        remedy: "Set the name that its certificate is for, or tls: off.",
      });
    }
    return;
  }
  for (const key of ["serverName", "ca"] as const) {
    if (origin[key] === undefined) continue;
    problems.add(["origins", name, key], {
      value: origin[key],
      problem: "is only for an origin with TLS",
      remedy: "Set tls: verify, or remove it.",
    });
  }
}

function checkShield(
  name: string,
  { shield, serves }: RawOrigin,
  regions: readonly string[],
  problems: ProblemList,
): void {
  if (shield === undefined) return;
  if (!regions.includes(shield)) {
    problems.add(["origins", name, "shield"], {
      value: shield,
      problem: "is not a region of this stack",
      remedy: choose(shield, regions),
    });
  }
  if (serves.length === 0 && !problems.touches(["origins", name, "serves"])) {
    problems.add(["origins", name, "shield"], {
      value: shield,
      problem: "is for an origin that serves hosts, and this one serves none",
      remedy: `Name them in edge-fleet:origins.${name}.serves, or remove it.`,
    });
  }
}
