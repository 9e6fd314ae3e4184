import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { programPath } from "../../components/local/services.ts";
import { commandFolders } from "../../components/node/commandSockets.ts";
import { varnishCommand } from "../../components/node/commands.ts";
import { folderStore, type NodeLayout } from "../../components/node/nodeConfig.ts";
import { renderVarnish } from "../../components/node/varnish/renderVarnish.ts";
import { renderStartCommands, startCommandsFile } from "../../components/node/varnish/startCommands.ts";
import { until } from "../../runner/runnerFixture.ts";
import { NODE } from "./nodeFixture.ts";

export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

/** The node's Varnish as it is started, before a server in the runner's place. */
export class RunningVarnish {
  readonly layout: NodeLayout;
  readonly #runner: http.Server;
  #child: ChildProcess | null = null;

  constructor(serve: http.RequestListener) {
    const root = mkdtempSync(join(tmpdir(), "edge-cache-"));
    this.layout = {
      etc: root,
      run: root,
      commands: join(root, "commands"),
      workers: root,
      data: root,
      certificate: join(root, "fleet.pem"),
      peers: { certificate: join(root, "peers.pem"), authority: join(root, "peers-ca.pem") },
      secrets: root,
      sealed: null,
      store: folderStore(root),
      releaseKeys: null,
      releaseSigner: null,
    };
    this.#runner = http.createServer((request, response) => {
      if (request.url === "/.edge/readyz") response.end();
      else serve(request, response);
    });
  }

  get socket(): string {
    return join(this.layout.run, "varnish.sock");
  }

  /** @param other than the node's own: a VCL and what Varnish is started with beside it. */
  async start(other?: { readonly vcl: string; readonly args: readonly string[] }): Promise<void> {
    const { run, etc } = this.layout;
    for (const folder of commandFolders(this.layout)) mkdirSync(folder, { recursive: true });
    await new Promise<void>((resolve) => this.#runner.listen(join(run, "router.sock"), resolve));
    writeFileSync(join(etc, "edge.vcl"), other?.vcl ?? renderVarnish(NODE, this.layout));
    writeFileSync(startCommandsFile(this.layout), renderStartCommands());
    const bare = ["varnishd", "-j", "none", "-F", "-n", join(run, "varnish"), "-a", `${this.socket},HTTP,mode=600`];
    const [program, ...args] =
      other === undefined ? varnishCommand(NODE, this.layout) : [...bare, "-f", join(etc, "edge.vcl"), ...other.args];
    const child = spawn(program as string, args, { env: { PATH: programPath().join(":") }, stdio: "pipe" });
    this.#child = child;
    let log = "";
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (log += text));
    const answers = async () => {
      if (child.exitCode !== null) throw new Error(`varnishd ended: ${log}`);
      return (await this.get("/.edge/healthz", { host: "edge.test" }).catch(() => null))?.status === 200;
    };
    await until("Varnish answers", answers);
  }

  /** As HAProxy asks. */
  get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return ask({ socketPath: this.socket, path, headers: { host: "edge.test:8443", ...headers } });
  }

  /** Ends Varnish alone. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (child === null || child.exitCode !== null) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    await gone;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    this.#runner.closeAllConnections();
    this.#runner.close();
    rmSync(this.layout.run, { recursive: true, force: true });
  }
}

/** One request on a connection of its own. */
export function ask(options: http.RequestOptions, body = ""): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const call = http.request({ ...options, agent: false }, async (response) => {
      let text = "";
      for await (const chunk of response.setEncoding("utf8")) text += chunk;
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text });
    });
    call.on("error", reject);
    call.end(body);
  });
}
