import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import ivm from "isolated-vm";
import { Compiler } from "../compiler/compile.ts";
import { DEFAULT_LIMITS } from "../limits.ts";
import type { RequestHead } from "../protocol/messages.ts";
import { bundles } from "../supervisor/bundles.ts";
import { platformSnapshot } from "../supervisor/platformSnapshot.ts";
import { CpuWatch } from "../worker/cpuWatch.ts";
import { DispatchMode } from "../worker/dispatchMode.ts";
import type { CompiledForm, LoadedSource } from "../worker/functionLoader.ts";
import { HoldUps } from "../worker/holdUps.ts";
import { TO_HOST, TO_ISOLATE } from "../worker/isolatePort.ts";
import { IsolateSandbox } from "../worker/isolateSandbox.ts";
import { Platform, type PlatformIsolate } from "../worker/platformIsolate.ts";
import { Turn } from "../worker/turn.ts";

/** Answers with the request's path. */
const TINY = "export default { fetch(request) { return Response.json({ path: new URL(request.url).pathname }); } };";
/** A router, a validator and a page: a bundle of some 120 KB. */
const MEDIUM = `
import { Hono } from "hono";
import { cors } from "hono/cors";
import { html } from "hono/html";
import { jwt } from "hono/jwt";
import { validator } from "hono/validator";
import * as z from "zod/mini";
const query = z.object({ path: z.string(), page: z.optional(z.number()) });
const app = new Hono();
app.use(cors());
app.get("/*", (c) => c.json(query.parse({ path: c.req.path })));
export { html, jwt, validator };
export default { fetch: (request, env, ctx) => app.fetch(request, env, ctx) };`;

const HEAD: RequestHead = {
  method: "GET",
  url: "https://edge.example/some/path?with=query",
  headers: [
    ["host", "edge.example"],
    ["accept", "*/*"],
    ["user-agent", "bench"],
  ],
  edge: {
    region: "eu-1",
    country: "XX",
    clientIp: "192.0.2.1",
    tls: "TLSv1.3",
    http: "HTTP/2.0",
    requestId: "bench",
  },
};

export interface BenchFunction {
  readonly name: string;
  readonly text: string;
  readonly form: CompiledForm;
}

/** What a worker is made of, in this process. */
export interface Engine {
  readonly evaluated: Platform;
  readonly fromSnapshot: Platform;
  readonly functions: readonly BenchFunction[];
}

export async function newEngine(): Promise<Engine> {
  const dir = mkdtempSync(join(tmpdir(), "edge-bench-"));
  try {
    const scripts = await bundles(dir);
    const script = readFileSync(scripts.platform, "utf8");
    const snapshot = await platformSnapshot(scripts, (level, message, fields) => console.error(level, message, fields));
    const compiler = new Compiler(snapshot);
    const functions: BenchFunction[] = [];
    for (const [name, code] of Object.entries({ tiny: TINY, medium: MEDIUM })) {
      const text = await bundled(code);
      const compiled = compiler.compile(text);
      const cache = new ivm.ExternalCopy(new Uint8Array(compiled.cache).buffer);
      functions.push({ name, text, form: { script: compiled.script, cache } });
    }
    return {
      evaluated: new Platform({ script, snapshot: undefined }),
      fromSnapshot: new Platform({ script, snapshot }),
      functions,
    };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** One isolate with a function, as in a worker. */
export class BenchSandbox {
  readonly #sandbox: IsolateSandbox;
  readonly #answered = new Map<number, () => void>();
  readonly mode = new DispatchMode();
  #lastCall = 0;

  constructor(parts: { text: string; form: CompiledForm | undefined; takeIsolate: () => Promise<PlatformIsolate> }) {
    const source: LoadedSource["source"] = {
      name: "bench",
      version: "1",
      entry: "index.mjs",
      limits: DEFAULT_LIMITS,
      env: {},
      bindings: {},
      isScheduled: false,
      passThrough: null,
      modules: [],
    };
    const holdUps = new HoldUps();
    const noteLoad = () => holdUps.noteLoad((loadavg()[0] ?? 0) / availableParallelism(), performance.now());
    noteLoad();
    setInterval(noteLoad, 500).unref();
    this.#sandbox = new IsolateSandbox({
      source,
      modules: { code: new Map([["index.mjs", parts.text]]), imported: [] },
      compiled: {
        form: parts.form,
        taken: (isTaken) => {
          if (!isTaken) throw new Error("V8 rejected the code cache");
        },
      },
      host: { watch: new CpuWatch(), turn: new Turn(() => {}), holdUps },
      mode: this.mode,
      takeIsolate: parts.takeIsolate,
      released: () => {},
      events: {
        message: (kind, call, _id, text) => {
          if (kind === TO_HOST.threw) throw new Error(text);
          if (kind !== TO_HOST.answer) return;
          this.#answered.get(call)?.();
          this.#answered.delete(call);
          this.#sandbox.forget(call);
        },
        lost: (exit) => {
          throw new Error(`the isolate was lost: ${exit}`);
        },
        overCpu: () => {},
        host: { compute: () => 0, pay: () => undefined },
        stuck: () => {},
      },
    });
  }

  start(): Promise<void> {
    return this.#sandbox.start();
  }

  request(): Promise<void> {
    const call = ++this.#lastCall;
    return new Promise((resolve) => {
      this.#answered.set(call, resolve);
      this.#sandbox.enter(TO_ISOLATE.invoke, call, 0, JSON.stringify(HEAD));
    });
  }

  dispose(): void {
    this.#sandbox.dispose();
  }
}

async function bundled(code: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: join(import.meta.dirname, "../..") },
    bundle: true,
    write: false,
    format: "esm",
    target: "es2024",
  });
  return outputFiles[0]?.text ?? "";
}

/** Minimum and median. */
export function lowAndMiddle(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => (sorted[Math.floor((sorted.length - 1) * share)] as number).toFixed(2);
  return `${at(0)} / ${at(0.5)}`;
}
