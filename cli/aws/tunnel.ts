import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { CommandError } from "../errors.ts";

const OPENS_WITHIN_MS = 30_000;
const LOOK_MS = 50;
const STDERR_CHARS_MAX = 4_096;
const INSTALL =
  "Install the AWS CLI and its Session Manager plugin: https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-install-plugin.html";

interface Far {
  readonly region: string;
  /** Id of the machine. */
  readonly machine: string;
  /** Port on its loopback address. */
  readonly port: number;
}

/** A port of this machine that leads to one of a machine in AWS, through Session Manager; it is closed by its disposal. */
export class Tunnel implements AsyncDisposable {
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  #stderr = "";

  private constructor(port: number, { region, machine, port: farPort }: Far) {
    this.port = port;
    const parameters = { portNumber: [`${farPort}`], localPortNumber: [`${port}`] };
    const session = ["--document-name", "AWS-StartPortForwardingSession", "--parameters", JSON.stringify(parameters)];
    // A group of its own: the plugin is a child of the command, and Ctrl-C is told by us.
    this.#child = spawn("aws", ["ssm", "start-session", "--region", region, "--target", machine, ...session], {
      stdio: ["ignore", "ignore", "pipe"],
      detached: true,
    });
    this.#child.stderr?.setEncoding("utf8").on("data", (text) => {
      this.#stderr = (this.#stderr + text).slice(-STDERR_CHARS_MAX);
    });
    this.#ended = new Promise((resolve) => {
      this.#child.once("error", resolve);
      this.#child.once("close", resolve);
    });
  }

  /** @throws CommandError where the AWS CLI or its plugin is not there, or the session does not come about */
  static async open(far: Far, signal: AbortSignal): Promise<Tunnel> {
    const tunnel = new Tunnel(await freePort(), far);
    try {
      await tunnel.#opened(far.machine, signal);
      return tunnel;
    } catch (error) {
      await tunnel[Symbol.asyncDispose]();
      throw error;
    }
  }

  async #opened(machine: string, signal: AbortSignal): Promise<void> {
    let end: unknown;
    let isEnded = false;
    void this.#ended.then((result) => {
      [end, isEnded] = [result, true];
    });
    const deadlineMs = performance.now() + OPENS_WITHIN_MS;
    while (!isEnded && performance.now() < deadlineMs) {
      if (await answers(this.port)) return;
      await delay(LOOK_MS, undefined, { signal });
    }
    if (!isEnded)
      throw new CommandError(`the session with ${machine} did not open within ${OPENS_WITHIN_MS / 1_000} s`);
    if ((end as NodeJS.ErrnoException)?.code === "ENOENT")
      throw new CommandError(`there is no \`aws\` here. ${INSTALL}`);
    const said = this.#stderr.trim();
    if (/SessionManagerPlugin is not found/.test(said)) {
      throw new CommandError(`the AWS CLI has no Session Manager plugin. ${INSTALL}`);
    }
    throw new CommandError(`no session with ${machine}: ${said || `\`aws\` ended with ${end}`}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { pid, exitCode, signalCode } = this.#child;
    if (pid === undefined || exitCode !== null || signalCode !== null) return;
    process.kill(-pid, "SIGTERM");
    await this.#ended;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const settle = (isOpen: boolean) => {
      socket.destroy();
      resolve(isOpen);
    };
    socket.once("connect", () => settle(true));
    socket.once("error", () => settle(false));
  });
}
