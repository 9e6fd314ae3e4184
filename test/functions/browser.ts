import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, constants, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";

const PROGRAMS = ["chromium", "chromium-browser", "google-chrome"];

/** A Chromium on PATH; undefined where there is none. */
export function findBrowser(): string | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter);
  return PROGRAMS.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

interface Answer {
  readonly id?: number;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
}

/** A browser of its own with one page, spoken to by the DevTools protocol. */
export class Browser {
  readonly #child: ChildProcess;
  readonly #profile: string;
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, PromiseWithResolvers<Record<string, unknown>>>();
  #session: string | undefined;
  #last = 0;

  private constructor(child: ChildProcess, profile: string, socket: WebSocket) {
    this.#child = child;
    this.#profile = profile;
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => {
      const { id, result, error } = JSON.parse(data) as Answer;
      const waiting = this.#waiting.get(id ?? 0);
      this.#waiting.delete(id ?? 0);
      if (error === undefined) waiting?.resolve(result ?? {});
      else waiting?.reject(new Error(error.message));
    });
  }

  static async start(program: string): Promise<Browser> {
    const profile = mkdtempSync(join(tmpdir(), "edge-browser-"));
    const flags = ["--headless=new", "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage"];
    // As root its own sandbox refuses to start; it opens nothing but our page.
    if (process.getuid?.() === 0) flags.push("--no-sandbox");
    const args = [...flags, `--user-data-dir=${profile}`, "--remote-debugging-port=0", "about:blank"];
    const child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"] });
    const said: string[] = [];
    for await (const line of createInterface({ input: child.stderr })) {
      said.push(line);
      const [, address] = /^DevTools listening on (ws:\S+)$/.exec(line) ?? [];
      if (address === undefined) continue;
      child.stderr.resume();
      const socket = new WebSocket(address);
      await new Promise((resolve, reject) => {
        socket.addEventListener("open", resolve);
        socket.addEventListener("error", () => reject(new Error(`no connection to ${address}`)));
      });
      return new Browser(child, profile, socket);
    }
    rmSync(profile, { recursive: true, force: true });
    throw new Error(`${program} did not start: ${said.slice(-5).join("\n")}`);
  }

  /** Shows a page, in place of the one before. */
  async open(url: string): Promise<void> {
    if (this.#session === undefined) {
      const { targetId } = await this.#send("Target.createTarget", { url: "about:blank" });
      const { sessionId } = await this.#send("Target.attachToTarget", { targetId, flatten: true });
      this.#session = sessionId as string;
    }
    await this.#send("Page.navigate", { url });
  }

  /** The value of an expression in the page, of a promise when it is there. */
  async evaluate(expression: string): Promise<unknown> {
    const options = { expression, awaitPromise: true, returnByValue: true };
    const { result, exceptionDetails } = await this.#send("Runtime.evaluate", options);
    if (exceptionDetails !== undefined) throw new Error(`${expression}: ${JSON.stringify(exceptionDetails)}`);
    return (result as { value: unknown }).value;
  }

  async close(): Promise<void> {
    const gone = new Promise((resolve) => this.#child.once("exit", resolve));
    await this.#send("Browser.close", {}, null).catch(() => this.#child.kill());
    await gone;
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }

  #send(method: string, params: object, session: string | null = this.#session ?? null) {
    const id = ++this.#last;
    const waiting = Promise.withResolvers<Record<string, unknown>>();
    this.#waiting.set(id, waiting);
    this.#socket.send(JSON.stringify({ id, method, params, ...(session !== null && { sessionId: session }) }));
    return waiting.promise;
  }
}
