import { createServer as createHttpServer, type RequestListener, type Server } from "node:http";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { after } from "node:test";
import type { SubRequestHead } from "../protocol/messages.ts";
import { AllowList } from "./allowList.ts";
import { type Destination, EgressRules, Refusal } from "./destination.ts";
import { Egress, type SubResponse } from "./egress.ts";

/** Takes one loopback address for public, so that names can be tried without leaving the machine. */
class LoopbackRules extends EgressRules {
  override checkAddresses(destination: Destination, addresses: readonly string[]): void {
    if (destination.isOrigin || addresses.every((address) => address === PUBLIC)) return;
    throw new Refusal("address", "not public");
  }
}

export const PUBLIC = "127.0.0.2";
/** Closed when the tests are over. */
export const servers: { close(): unknown }[] = [];
after(() => {
  for (const server of servers) server.close();
});

async function listen<T extends Server | ReturnType<typeof createServer>>(
  server: T,
  host: string,
  port = 0,
): Promise<number> {
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
  servers.push(server);
  return (server.address() as AddressInfo).port;
}

export function http(listener: RequestListener, host = PUBLIC, port = 0): Promise<number> {
  return listen(createHttpServer(listener), host, port);
}

/** An origin that says whatever it likes. */
export function raw(answer: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => answer(socket));
  });
  return listen(server, PUBLIC);
}

export function newEgress(
  names: Record<string, readonly string[]> = {},
  origins: { host: string; port: number }[] = [],
) {
  const asked: string[] = [];
  const egress = new Egress(new LoopbackRules({ origins, denied: [], machine: [] }), async (name) => {
    asked.push(name);
    return names[name] ?? [PUBLIC];
  });
  return { egress, asked, names };
}

interface Call {
  readonly owner?: string;
  readonly allow?: readonly string[];
  readonly head?: Partial<SubRequestHead>;
  readonly body?: Buffer;
  readonly signal?: AbortSignal;
  readonly hopsMax?: number;
}

export function get(
  egress: Egress,
  url: string,
  { owner = "one", allow, head, body, signal, hopsMax = 50 }: Call = {},
): Promise<SubResponse> {
  return egress.fetch({
    head: { url, method: "GET", headers: [], redirect: "follow", ...head },
    body: body ?? Buffer.alloc(0),
    owner,
    allow: new AllowList(allow ?? null),
    signal: signal ?? new AbortController().signal,
    mayFollow: async () => hopsMax-- > 0,
  });
}

export async function text({ body }: SubResponse): Promise<string> {
  return Buffer.concat(await body.toArray()).toString("utf8");
}
