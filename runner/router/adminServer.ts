import { createServer, type Server, type ServerResponse } from "node:http";
import { setImmediate } from "node:timers/promises";
import type { FunctionSwitches } from "./functionSwitches.ts";
import type { Metrics } from "./metrics.ts";
import type { ActiveRelease } from "./releases.ts";
import type { SandboxPort } from "./sandboxPort.ts";
import { StatusGauge } from "./statusGauge.ts";
import type { WorkerPool } from "./workerPool.ts";

interface AdminParts {
  readonly releases: { readonly active: Pick<ActiveRelease, "release" | "generation"> | undefined };
  readonly pool: Pick<WorkerPool, "connected">;
  readonly metrics: Metrics;
  readonly switches: Pick<FunctionSwitches, "all">;
  /** Knows the layers that hold the workers. */
  readonly sandbox: Pick<SandboxPort, "layers">;
}

/** `/healthz`: the router lives. `/readyz`: it has a release and a worker. `/metrics`: Prometheus. */
export function newAdminServer({ releases, pool, metrics, switches, sandbox }: AdminParts): Server {
  const statuses = new StatusGauge(metrics);
  return createServer((message, response) => {
    message.resume();
    if (message.method !== "GET" && message.method !== "HEAD")
      return void response.writeHead(405, { allow: "GET, HEAD" }).end();
    switch (message.url?.split("?")[0]) {
      case "/healthz":
        return void response.writeHead(200, { "content-type": "text/plain" }).end("ok\n");
      case "/readyz": {
        const release = releases.active?.release ?? null;
        const ready = release !== null && pool.connected > 0;
        const body = {
          ready,
          release,
          generation: releases.active?.generation ?? null,
          workers: pool.connected,
          sandbox: sandbox.layers,
        };
        return void response
          .writeHead(ready ? 200 : 503, { "content-type": "application/json" })
          .end(`${JSON.stringify(body)}\n`);
      }
      case "/metrics":
        statuses.show(switches.all);
        response.writeHead(200, { "content-type": "text/plain; version=0.0.4" });
        return void writePieces(response, metrics.render());
      default:
        return void response
          .writeHead(404, { "content-type": "text/plain" })
          .end("try /healthz, /readyz or /metrics\n");
    }
  });
}

/** Requests are served between two pieces, and a reader that is slow or gone holds nothing. */
async function writePieces(response: ServerResponse, pieces: Iterable<string>): Promise<void> {
  for (const piece of pieces) {
    if (response.destroyed) return;
    if (response.write(piece)) await setImmediate();
    else await drained(response);
  }
  response.end();
}

/** Resolves when it takes more, or never will. */
function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const over = () => {
      response.off("drain", over).off("close", over);
      resolve();
    };
    response.on("drain", over).on("close", over);
  });
}
