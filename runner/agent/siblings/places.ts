/** A place for a sibling in HAProxy's configuration: a server whose address and state are set while it runs. */
export interface Place {
  readonly name: string;
  readonly address: string;
  /** Whether it is in use; else HAProxy neither asks nor checks it. */
  readonly isIn: boolean;
}

/** What HAProxy's backends of siblings are called: in the second, servers have the state of those in the first. */
const [CHECKED, TRACKING] = ["farm", "siblings"] as const;

/** Command that asks for the places. */
export const SHOW_PLACES = `show servers state ${CHECKED}`;

/** Set by a command, as opposed to found by checks: `SRV_ADMF_FMAINT`. */
const FORCED_MAINTENANCE = 0x01;

/** The places in HAProxy's answer; other servers of the farm are not ours to fill. @throws Error when it is none. */
export function readPlaces(answer: string): Place[] {
  const [version, header, ...lines] = answer.trim().split("\n");
  const columns = (header ?? "").replace(/^# /, "").split(" ");
  const [name, address, admin] = ["srv_name", "srv_addr", "srv_admin_state"].map((c) => columns.indexOf(c));
  if (version !== "1" || name === undefined || address === undefined || admin === undefined || name < 0) {
    throw new Error(`HAProxy told no servers: ${answer.slice(0, 200)}`);
  }
  return lines
    .map((line) => line.split(" "))
    .filter((fields) => /^sibling\d+$/.test(fields[name] ?? ""))
    .map((fields) => ({
      name: fields[name] ?? "",
      address: fields[address] ?? "",
      isIn: (Number(fields[admin]) & FORCED_MAINTENANCE) === 0,
    }));
}

/**
 * Commands that give each address a place and take those that left out. Whoever has a place keeps it; of more addresses
 * than there are places the first ones get one.
 */
export function fillPlaces(places: readonly Place[], addresses: readonly string[], port: number): string[] {
  const wanted = new Set(addresses.slice(0, places.length));
  const kept = new Map<string, Place>();
  for (const place of places) {
    if (place.isIn && wanted.has(place.address) && !kept.has(place.address)) kept.set(place.address, place);
  }
  const others = places.filter((place) => kept.get(place.address) !== place);
  const leave = others.filter(({ isIn }) => isIn).map(({ name }) => `set server ${CHECKED}/${name} state maint`);
  const enter = [...wanted]
    .filter((address) => !kept.has(address))
    .flatMap((address, index) => {
      const { name } = others[index] as Place;
      return [
        `set server ${CHECKED}/${name} addr ${address} port ${port}`,
        `set server ${TRACKING}/${name} addr ${address} port ${port}`,
        `set server ${CHECKED}/${name} state ready`,
      ];
    });
  return [...leave, ...enter];
}
