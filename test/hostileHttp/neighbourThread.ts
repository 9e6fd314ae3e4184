import { setTimeout as delay } from "node:timers/promises";
import tls from "node:tls";
import { parentPort, workerData } from "node:worker_threads";
import type { NeighbourArgs } from "./neighbour.ts";

const PAUSE_MS = 5;
const port = parentPort as NonNullable<typeof parentPort>;
let isAsking = false;
let timesMs: number[] = [];

const socket = tls.connect({ ...(workerData as NeighbourArgs), ALPNProtocols: ["http/1.1"] });
socket.once("close", () => {
  throw new Error("a neighbour's connection was cut");
});

port.on("message", async (order: "begin" | "end") => {
  isAsking = order === "begin";
  if (order === "end") return;
  timesMs = [];
  await ask();
  port.postMessage("begun");
  while (isAsking) {
    const started = performance.now();
    await ask();
    timesMs.push(performance.now() - started);
    await delay(PAUSE_MS);
  }
  port.postMessage(timesMs);
});

function ask(): Promise<void> {
  return new Promise((resolve) => {
    let text = "";
    const read = (chunk: Buffer) => {
      text += chunk.toString("latin1");
      if (text.length >= 12 && !text.startsWith("HTTP/1.1 200")) throw new Error(text);
      if (!text.endsWith("\r\n\r\nnear")) return;
      socket.off("data", read);
      resolve();
    };
    socket.on("data", read);
    socket.write("GET /near HTTP/1.1\r\nHost: edge.test\r\n\r\n");
  });
}
