import { connect } from "node:net";
import type { FleetConfig, RegionName } from "../../components/config/fleetConfig.ts";

/** Median round trip by region that asks and region that is asked, ms; null where no connection came about. */
export type RoundTrips = ReadonlyMap<RegionName, ReadonlyMap<RegionName, number | null>>;

const CONNECT_WITHIN_MS = 2_000;

/**
 * Asks from the address of each region of a local fleet for the door of each other one: a TCP connection takes one round trip.
 *
 * @param rounds connections of each pair, one after another
 */
export async function measureRoundTrips(
  { regions, local }: FleetConfig,
  { rounds, signal }: { readonly rounds: number; readonly signal: AbortSignal },
): Promise<RoundTrips> {
  const found = new Map<RegionName, Map<RegionName, number | null>>();
  for (const from of regions) {
    const row = new Map<RegionName, number | null>();
    found.set(from.name, row);
    for (const to of regions) {
      if (to.name === from.name) continue;
      const times: number[] = [];
      for (let round = 0; round < rounds; round++) {
        signal.throwIfAborted();
        const ms = await connectMs({
          from: from.address as string,
          to: to.address as string,
          port: local?.ports.https as number,
        });
        if (ms === null) break;
        times.push(ms);
      }
      row.set(to.name, times.length < rounds ? null : median(times));
    }
  }
  return found;
}

function connectMs({
  from,
  to,
  port,
}: {
  readonly from: string;
  readonly to: string;
  readonly port: number;
}): Promise<number | null> {
  return new Promise((resolve) => {
    const startedMs = performance.now();
    const socket = connect({ host: to, port, localAddress: from });
    const end = (ms: number | null) => {
      socket.destroy();
      resolve(ms);
    };
    socket.setTimeout(CONNECT_WITHIN_MS, () => end(null));
    socket.once("connect", () => end(performance.now() - startedMs));
    socket.once("error", () => end(null));
  });
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}
