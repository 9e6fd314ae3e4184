import type { IncomingMessage } from "node:http";
import { limitFailure } from "../errors.ts";
import type { Family } from "./call.ts";
import type { Deployment } from "./deployment.ts";
import type { Exchange } from "./exchange.ts";
import { Invocation } from "./invocation.ts";
import { requestHead, requestHeaderBytes } from "./requestHead.ts";
import type { WorkerPool } from "./workerPool.ts";

interface Asked {
  readonly message: IncomingMessage;
  readonly exchange: Exchange;
  readonly deployment: Deployment;
  /** As the function sees it. */
  readonly url: URL;
  readonly family: Family;
}

/** Runs the function that a request is for, or says why it does not. */
export function invoke(pool: WorkerPool, { message, exchange, deployment, url, family }: Asked): void {
  exchange.deployment = deployment;
  const { limits } = deployment.manifest;
  const headerBytes = requestHeaderBytes(message);
  const refusal =
    headerBytes > limits.requestHeaderBytes
      ? limitFailure("requestHeaderBytes", limits, headerBytes)
      : pool.healths.refusal(deployment);
  if (refusal !== undefined) {
    exchange.fail(refusal);
    return;
  }
  const head = requestHead(message, url, exchange.edge, exchange.trace);
  new Invocation(message, { deployment, head, exchange, family, pool }).start();
}
