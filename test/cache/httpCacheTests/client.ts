/** Runs the suite against one cache, given as `http.request` options in JSON; writes the results to standard output. The suite keeps its state in its modules, hence a process for each cache. */
import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import { getResults, runTests } from "http-cache-tests/client/runner.mjs";
import { GROUPS } from "./groups.ts";

interface Target {
  readonly socketPath?: string;
  readonly host?: string;
  readonly port?: number;
  /** File of the authority; without it plain HTTP. */
  readonly ca?: string;
  readonly servername?: string;
}

const { ca, ...target } = JSON.parse(process.argv[2] as string) as Target;
const options = { keepAlive: true, maxSockets: 100 };
const agent = ca === undefined ? new http.Agent(options) : new https.Agent({ ...options, ca: readFileSync(ca) });
const request = ca === undefined ? http.request : https.request;

interface Init {
  readonly method?: string;
  readonly headers?: readonly (readonly [string, string])[];
  readonly body?: string;
}

/** As much of fetch as the suite uses; it believes no cache and judges no header. */
function fetch(url: string, { method = "GET", headers = [], body }: Init = {}): Promise<unknown> {
  const { host, pathname, search } = new URL(url);
  const length = body === undefined ? [] : ["content-length", String(Buffer.byteLength(body))];
  const raw = ["host", host, ...headers.flat(), ...length];
  return new Promise((resolve, reject) => {
    const call = request({ ...target, agent, method, path: pathname + search, headers: raw }, async (response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk as Buffer);
      resolve({
        status: response.statusCode,
        headers: new Headers(response.rawHeaders),
        text: async () => Buffer.concat(chunks).toString(),
      });
    });
    call.on("error", reject);
    call.end(body);
  });
}

/** Values as they came. */
class Headers extends Map<string, string> {
  constructor(raw: readonly string[]) {
    super();
    for (let index = 0; index + 1 < raw.length; index += 2) {
      const name = (raw[index] as string).toLowerCase();
      const before = this.get(name);
      const value = raw[index + 1] as string;
      this.set(name, before === undefined ? value : `${before}, ${value}`);
    }
  }

  override get(name: string): string | undefined {
    return super.get(name.toLowerCase());
  }

  override has(name: string): boolean {
    return super.has(name.toLowerCase());
  }
}

await runTests(GROUPS, fetch, false, "http://edge.test");
process.stdout.write(JSON.stringify(getResults()));
agent.destroy();
