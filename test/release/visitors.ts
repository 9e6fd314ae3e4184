import https from "node:https";
import type { TestNode } from "../node/testNode.ts";

export interface Visit {
  readonly status: number;
  readonly body: string;
  readonly cache: string | undefined;
  /** What the node sets, without attributes. */
  readonly cookie: string | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** A visitor with an address of its own: any of 127.0.0.0/8 is this machine's. */
export function visit(
  node: TestNode,
  path: string,
  { from, headers = {} }: { readonly from?: string; readonly headers?: Readonly<Record<string, string>> } = {},
): Promise<Visit> {
  const { address, ports, domain } = node.config;
  return new Promise((resolve, reject) => {
    const request = https.get(
      {
        ...{ host: address, port: ports.https, path, ca: node.authority, servername: domain, agent: false },
        ...(from !== undefined && { localAddress: from }),
        headers: { host: domain, ...headers },
      },
      (response) => {
        let body = "";
        response.setEncoding("utf8").on("data", (chunk) => {
          body += chunk;
        });
        response.once("error", reject).once("end", () =>
          resolve({
            status: response.statusCode ?? 0,
            body,
            cache: response.headers["x-cache"] as string | undefined,
            cookie: response.headers["set-cookie"]?.find((text) => text.startsWith("__Host-edge"))?.split(";")[0],
            headers: response.headers,
          }),
        );
      },
    );
    request.once("error", reject);
  });
}

/** Address of the visitor with this number, below 65,536. */
export function addressOf(visitor: number): string {
  return `127.200.${visitor >> 8}.${visitor & 255}`;
}
