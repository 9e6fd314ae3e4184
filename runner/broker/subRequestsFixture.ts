import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after } from "node:test";
import type { Frame, Kind, Messages } from "../protocol/messages.ts";
import { EgressRules } from "./destination.ts";
import { Egress } from "./egress.ts";
import { Figures } from "./figures.ts";
import { Grants } from "./grants.ts";
import { Neighbours } from "./neighbours.ts";
import { SubRequests } from "./subRequests.ts";
import { Tally } from "./tally.ts";

export const SLOT = 3;
export const KEY = 7;
export const NONE = Buffer.alloc(0);
const servers: Server[] = [];
after(() => {
  for (const server of servers) {
    server.close();
    server.closeAllConnections();
  }
});

export async function origin(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

/** A broker with one worker, whose frames are looked at. */
export function newBroker(ports: readonly number[]) {
  const frames: Frame[] = [];
  let isDropped = false;
  const link = {
    send: <K extends Kind>(kind: K, id: number, meta: Messages[K], body?: Uint8Array) => {
      frames.push({ kind, id, meta, body: Buffer.from(body ?? NONE) } as Frame);
    },
    drop: () => {
      isDropped = true;
    },
  };
  const origins = ports.map((port) => ({ host: "127.0.0.1", port }));
  const rules = new EgressRules({ origins, denied: [], machine: [] });
  const grants = new Grants();
  const figures = new Figures();
  const egress = new Egress(rules, async () => []);
  const neighbours = new Neighbours("/nowhere", "");
  const requests = new SubRequests(SLOT, link, { grants, egress, neighbours, figures }, new Tally());
  const say = <K extends Kind>(kind: K, id: number, meta: Messages[K], body = NONE) =>
    requests.hear({ kind, id, meta, body } as Frame);
  const fetch = (id: number, port: number, more: Partial<Messages["fetch"]> = {}, body = NONE) => {
    const head = {
      url: `http://127.0.0.1:${port}/`,
      method: "GET",
      headers: [],
      redirect: "follow",
    } as const;
    say("fetch", id, { ...head, key: KEY, caller: 1, ...more }, body);
  };
  const heard = (kind: Kind, id: number) => frames.filter((frame) => frame.kind === kind && frame.id === id);
  const bytes = (id: number) => heard("part", id).reduce((sum, { body }) => sum + body.length, 0);
  return { requests, grants, figures, frames, say, fetch, heard, bytes, isDropped: () => isDropped };
}

export function grant({ grants }: { grants: Grants }, allow: readonly string[] | null = null): void {
  grants.give(KEY, { slot: SLOT, function: "mine", bindings: {}, allow });
}
