import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { FunctionStatus } from "../release/types.ts";
import type { SplitCounts } from "../traffic/armCounts.ts";
import { parseActivation } from "./activation.ts";
import { type FunctionSwitches, parseSwitchOrder } from "./functionSwitches.ts";
import type { Metrics } from "./metrics.ts";
import type { Releases } from "./releases.ts";
import { parseRunOrder, type ScheduledRuns } from "./scheduledRuns.ts";
import { renewSecrets } from "./secretRenewal.ts";

const BODY_BYTES_MAX = 4_096;
const STATUSES = { active: 200, refused: 422, unavailable: 503 } as const;

interface ControlParts {
  readonly releases: Releases;
  readonly switches: FunctionSwitches;
  readonly runs: Pick<ScheduledRuns, "run">;
  readonly metrics: Metrics;
}

/**
 * The agent's and the operator's way in: `POST /releases {"release", "generation"}`, `GET /releases`, `GET /splits`, `GET /functions`,
 * `POST /functions/<name> {"status": "disabled", "reason"}` or `{"status": "active"}`, `POST /runs` with a RunOrder, which is
 * answered when the run is over, `POST /secrets` when secrets may have changed.
 */
export function newControlServer(parts: ControlParts): Server {
  return createServer((message, response) => {
    serve(parts, message, response).catch((error: Error) => {
      if (!response.headersSent) answer(response, 500, { error: error.message });
    });
  });
}

async function serve(parts: ControlParts, message: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method } = message;
  const [, resource, name, ...rest] = (message.url ?? "").split("/");
  if (rest.length > 0) return answer(response, 404, { error: "try /releases or /functions" });
  switch (`${method} ${resource}${name === undefined ? "" : "/:name"}`) {
    case "GET releases":
      return answer(response, 200, activeRelease(parts.releases));
    case "POST releases":
      return activate(parts.releases, message, response);
    case "GET splits":
      return answer(response, 200, { splits: splitCounts(parts.releases) });
    case "GET functions":
      return answer(response, 200, { functions: parts.switches.all });
    case "POST functions/:name":
      return setFunction(parts.switches, name as string, message, response);
    case "POST runs":
      return runScheduled(parts.runs, message, response);
    case "POST secrets": {
      const renewal = await renewSecrets(parts.releases, parts.metrics);
      return answer(response, renewal === undefined ? 503 : 200, renewal ?? { error: "no worker could try them" });
    }
    default:
      return answer(response, 404, {
        error:
          "try GET or POST /releases, GET /splits, GET /functions, POST /functions/<name>, POST /runs, POST /secrets",
      });
  }
}

function activeRelease({ active }: Releases) {
  const functions = [...(active?.deployments.values() ?? [])].map((deployment): [string, FunctionStatus] => {
    const { name, version } = deployment.manifest;
    const reason = active?.lacking.get(deployment);
    return [name, reason === undefined ? { version, status: "active" } : { version, status: "refused", reason }];
  });
  const { release = null, generation = null } = active ?? {};
  return { release, generation, functions: Object.fromEntries(functions) };
}

function splitCounts({ active }: Releases): Readonly<Record<string, SplitCounts>> {
  const splits = [...(active?.splits ?? [])].map(([name, { stable, candidate, counters }]) => {
    const versions = { stable: stable.manifest.version, candidate: candidate.manifest.version };
    return [name, { versions, stable: counters.stable.counts, candidate: counters.candidate.counts }] as const;
  });
  return Object.fromEntries(splits);
}

async function activate(releases: Releases, message: IncomingMessage, response: ServerResponse): Promise<void> {
  const wanted = parseActivation(await readJson(message));
  if (wanted === undefined) {
    return answer(response, 400, { error: 'the body must be {"release": n, "generation": g} with positive integers' });
  }
  const activation = await releases.activate(wanted);
  answer(response, STATUSES[activation.status], activation);
}

async function runScheduled(
  runs: ControlParts["runs"],
  message: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  const order = parseRunOrder(await readJson(message));
  if (order === undefined) {
    return answer(response, 400, {
      error: 'the body must be {"function", "cron", "scope", "scheduledTime", "fencing"}',
    });
  }
  answer(response, 200, await runs.run(order, gone.signal));
}

async function setFunction(
  switches: FunctionSwitches,
  encodedName: string,
  message: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const name = decoded(encodedName);
  if (name === undefined) {
    const error = `${JSON.stringify(encodedName)} is no function's name: percent signs must be followed by two hex digits`;
    return answer(response, 400, { error });
  }
  const order = parseSwitchOrder(await readJson(message));
  if (order === undefined) {
    return answer(response, 400, {
      error: 'the body must be {"status": "active"} or {"status": "disabled", "reason"}',
    });
  }
  const status = await switches.set(name, order);
  if (status === undefined)
    return answer(response, 404, { error: `no function is called ${JSON.stringify(name)} here` });
  answer(response, 200, status);
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

async function readJson(message: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of message) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) return undefined;
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch {
    return undefined;
  }
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(`${JSON.stringify(body)}\n`);
}
