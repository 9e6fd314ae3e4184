import net from "node:net";
import tls from "node:tls";
import type { TestNode } from "./testNode.ts";

/** A TLS connection to the door of clients. */
export function toDoor(node: TestNode, options: tls.ConnectionOptions = {}): Promise<tls.TLSSocket> {
  const { address, domain, ports } = node.config;
  return new Promise((resolve, reject) => {
    const socket = tls.connect(
      {
        host: address,
        port: ports.https,
        servername: domain,
        ca: node.authority,
        ALPNProtocols: ["http/1.1"],
        ...options,
      },
      () => resolve(socket.off("error", reject)),
    );
    socket.once("error", reject);
  });
}

export function toSocket(path: string): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(path, () => resolve(socket.off("error", reject)));
    socket.once("error", reject);
  });
}
