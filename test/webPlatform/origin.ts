import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A server that cases may ask: it gives back what it gets, unless the path is one of these. */
const PATHS: Readonly<Record<string, (url: URL, response: ServerResponse) => void>> = {
  "/redirect": ({ searchParams }, response) =>
    response.writeHead(Number(searchParams.get("code") ?? 302), { location: searchParams.get("to") ?? "" }).end(),
  /** An answer that never ends. */
  "/endless": (_, response) => void response.writeHead(200).write("begun"),
  "/headers": (_, response) =>
    response.writeHead(200, ["x-a", "1", "set-cookie", "b=1", "x-a", "2", "set-cookie", "c=2"]).end(),
};

export interface Origin extends Disposable {
  readonly host: string;
  readonly port: number;
  readonly url: string;
}

export async function startOrigin(): Promise<Origin> {
  const server = createServer((request, response) => {
    const url = new URL(request.url as string, "http://origin");
    const special = PATHS[url.pathname];
    if (special !== undefined) special(url, response);
    else echo(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    host: "127.0.0.1",
    port,
    url: `http://127.0.0.1:${port}`,
    [Symbol.dispose]: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function echo(request: IncomingMessage, response: ServerResponse): void {
  const { method = "", headers } = request;
  const heard = { method, type: headers["content-type"] ?? "none", length: headers["content-length"] ?? "none" };
  response.writeHead(200, Object.fromEntries(Object.entries(heard).map(([name, value]) => [`x-${name}`, value])));
  request.pipe(response);
}
