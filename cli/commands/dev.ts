import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { defineCommand, flag, value } from "../command.ts";
import { UsageError } from "../errors.ts";
import { startRunner } from "../isolate/build.ts";
import { DevFunction } from "../isolate/devFunction.ts";
import { newFront } from "../isolate/front.ts";
import { logText } from "../isolate/logText.ts";
import { watchSources } from "../isolate/sources.ts";
import { styled } from "../output.ts";
import { durationMs, integer, text } from "../parsers.ts";

const DEFAULT_PORT = 8787;
const HOST = "127.0.0.1";

/** Of this the answer to the deploy tells. */
const REFUSED = "a release was refused";

const NO_INSPECTOR =
  "--inspect: a debugger cannot be offered. The function runs as on a node, in an isolate of a sandboxed process without network, and a " +
  "breakpoint would hold that process up, which its limits and its supervisor end. Use console.log, and `edge test` for single steps.";

/** `edge dev <function>` */
export const dev = defineCommand({
  summary: "serve one function here, in a real isolate, and reload it when it is saved",
  description:
    "The runner of a node without HAProxy and Varnish: the same isolates, limits, sandbox and stores, and no cache, policies or schedules. " +
    "What it is bound to comes with it. Its key-value store and databases are in .edge/dev.",
  args: { function: { summary: "name of the function", arity: "required", completes: "functions" } },
  options: {
    port: value("<port>", `where it listens on ${HOST}; default ${DEFAULT_PORT}`, integer({ min: 0, max: 65_535 })),
    region: value("<region>", "region in request.edge; default: the stack's default region", text),
    country: value("<code>", "country of every client in request.edge; default XX, unknown", countryCode),
    latency: value("<time>", "round trip to a client far away, added to each request: 80ms", durationMs),
    inspect: flag("refused, with the reason: isolates have no debugger"),
  },
  examples: [
    { line: "dev hello", meaning: `http://${HOST}:${DEFAULT_PORT}, with hello's routes` },
    { line: "dev geo --region ap-northeast-1 --country JP --latency 80ms", meaning: "as seen from Japan" },
  ],
  async run(context, { args, options }) {
    if (options.inspect) throw new UsageError(NO_INSPECTOR);
    const { out, signal } = context;
    const environment = context.environment();
    const { config } = environment;
    const name = context.oneOf(
      "function",
      args.function,
      config.functions.map((one) => one.name),
    );
    const region = context.oneOf(
      "region",
      options.region ?? config.geography.defaultRegion,
      config.regions.map((one) => one.name),
    );
    await using runner = await startRunner(environment, {
      region,
      keep: ".edge/dev",
      onLine: (line) => {
        const isOfFunctions = typeof line.function === "string";
        // What the runner says of itself is for people only where something is wrong.
        if (!isOfFunctions && (!["warn", "error"].includes(line.level) || line.message === REFUSED)) return;
        out.stream(line, () => logText(line, { who: isOfFunctions ? String(line.function) : "runner" }));
      },
    });
    const served = new DevFunction(environment, { name, runner, out });
    await served.load();
    const front = newFront({
      runner,
      country: options.country ?? "XX",
      latencyMs: options.latency ?? 0,
      onAnswer: ({ method, path, status, durationMs: took }) => {
        const style = status >= 500 ? "red" : status >= 400 ? "yellow" : "green";
        out.stream({ kind: "answer", method, path, status, durationMs: took }, () =>
          [styled(style, `${status}`), method, path, styled("dim", `${took.toFixed(1)} ms`)].join(" "),
        );
      },
    });
    try {
      const port = await listen(front, options.port ?? DEFAULT_PORT);
      out.stream({ kind: "listening", url: `http://${HOST}:${port}`, region, routes: served.routes }, () => {
        const urls = served.routes.map((route) => `  ${route}`).join("\n");
        return `${styled("bold", name)} on ${styled("cyan", `http://${HOST}:${port}`)} as in ${region}\n${urls}`;
      });
      watchSources(environment.projectDir, { signal, changed: (files) => served.reload(files) });
      const stopped = signal.aborted ? Promise.resolve() : once(signal, "abort");
      const ended = await Promise.race([stopped.then(() => null), runner.ended.then((code) => ({ code }))]);
      if (ended !== null) throw new Error(`the isolate runner ended with ${ended.code}`);
    } finally {
      front.closeAllConnections();
      front.close();
    }
  },
});

function countryCode(word: string): string {
  if (!/^[A-Z]{2}$/.test(word)) throw new UsageError(`${JSON.stringify(word)} is not a country's two letters: DE`);
  return word;
}

async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, HOST);
  try {
    await once(server, "listening");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    throw new UsageError(`--port ${port}: something else listens there already; give another`);
  }
  return (server.address() as AddressInfo).port;
}
