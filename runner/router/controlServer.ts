import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { parseActivation, type Releases } from "./releases.ts";

const BODY_BYTES_MAX = 4_096;
const STATUSES = { active: 200, refused: 422, unavailable: 503 } as const;

/** The agent's way in: `POST /releases {"release", "generation"}` and `GET /releases`. */
export function newControlServer(releases: Releases): Server {
  return createServer((message, response) => {
    serve(releases, message, response).catch((error: Error) => {
      if (!response.headersSent) answer(response, 500, { error: error.message });
    });
  });
}

async function serve(releases: Releases, message: IncomingMessage, response: ServerResponse): Promise<void> {
  if (message.url !== "/releases") return answer(response, 404, { error: "try /releases" });
  if (message.method === "GET") {
    const { active } = releases;
    const functions = [...(active?.deployments.values() ?? [])].map(
      ({ manifest }) => [manifest.name, { version: manifest.version, status: "active" }] as const,
    );
    const { release = null, generation = null } = active ?? {};
    return answer(response, 200, { release, generation, functions: Object.fromEntries(functions) });
  }
  if (message.method !== "POST") return answer(response, 405, { error: "use GET or POST" });
  const wanted = parseActivation(await readJson(message));
  if (wanted === undefined) {
    return answer(response, 400, { error: 'the body must be {"release": n, "generation": g} with positive integers' });
  }
  const activation = await releases.activate(wanted);
  answer(response, STATUSES[activation.status], activation);
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
