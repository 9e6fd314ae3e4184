import net from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { TLSSocket } from "node:tls";
import { toDoor } from "../node/clients.ts";
import type { TestNode } from "../node/testNode.ts";
import { PREFACE } from "./rawHttp2.ts";

const TICK_MS = 10;

export interface Flood {
  readonly node: TestNode;
  /** The attacker's address. */
  readonly from: string;
  readonly ms: number;
  /**
   * The attacker has the node's own processors: at a bounded pace it is the node's work for it that others could feel, and not the attacker's
   * own. Default: 2,000.
   */
  readonly stepsPerSecond?: number | undefined;
}

/** Frames over HTTP/2, a step after the other, each stream a new one; when the door ends a connection there is another at once. */
export async function flood(
  { node, from, ms, stepsPerSecond = 2_000 }: Flood,
  step: (stream: number) => readonly Buffer[],
): Promise<void> {
  const perTick = (stepsPerSecond * TICK_MS) / 1_000;
  const endAt = performance.now() + ms;
  let socket: TLSSocket | null = null;
  let stream = 1;
  while (performance.now() < endAt) {
    if (socket === null || socket.destroyed) {
      socket = await speakHttp2(node, from);
      stream = 1;
    }
    const frames: Buffer[] = [];
    for (let count = 0; count < perTick; count++, stream += 2) frames.push(...step(stream));
    socket?.write(Buffer.concat(frames));
    await delay(TICK_MS);
  }
  socket?.destroy();
}

/** A connection from this address that has said HTTP/2's first words, or null when the door refuses it. */
export async function speakHttp2(node: TestNode, from: string): Promise<TLSSocket | null> {
  const { address: host, ports } = node.config;
  const plain = net.connect({ host, port: ports.https, localAddress: from });
  return overHttp2(node, plain);
}

/** The same over a socket that is connected, or about to be. */
export async function overHttp2(node: TestNode, plain: net.Socket): Promise<TLSSocket | null> {
  const socket = await toDoor(node, { socket: plain, ALPNProtocols: ["h2"] }).catch(() => null);
  plain.on("error", () => {});
  socket?.on("error", () => {}).write(PREFACE);
  return socket;
}
