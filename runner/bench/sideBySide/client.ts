import { connect, type Socket } from "node:net";
import type { Address } from "./candidate.ts";

const HEAD_END = "\r\n\r\n";
const LAST_CHUNK = "0\r\n\r\n";

export interface Asked {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** One connection that sends a request at a time: less of its own in a short time than `node:http` has. */
export class Client {
  readonly #socket: Socket;
  #text = "";
  #wait: { resolve(): void; reject(error: Error): void } | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true).setEncoding("latin1");
    socket.on("data", (chunk) => this.#hear(`${chunk}`));
    socket.on("error", (error) => this.#wait?.reject(error));
    socket.on("close", () => this.#wait?.reject(new Error("the connection was closed")));
  }

  static open(address: Address): Promise<Client> {
    const socket = "socket" in address ? connect(address.socket) : connect(address.port, "127.0.0.1");
    return new Promise((resolve, reject) => {
      socket.once("connect", () => resolve(new Client(socket))).once("error", reject);
    });
  }

  /** @returns how long the whole answer took, ms. @throws Error when it has not status 200. */
  async ask({ path, headers }: Asked): Promise<number> {
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
    const text = ["GET ".concat(path, " HTTP/1.1"), "host: edge.example", ...lines].join("\r\n") + HEAD_END;
    const whole = new Promise<void>((resolve, reject) => {
      this.#wait = { resolve, reject };
    });
    this.#text = "";
    const beganMs = performance.now();
    this.#socket.write(text, "latin1");
    await whole;
    const tookMs = performance.now() - beganMs;
    this.#wait = undefined;
    if (!this.#text.startsWith("HTTP/1.1 200 ")) throw new Error(`${path} was answered with ${this.#text}`);
    return tookMs;
  }

  close(): void {
    this.#socket.destroy();
  }

  #hear(chunk: string): void {
    this.#text += chunk;
    const headEnd = this.#text.indexOf(HEAD_END);
    if (headEnd < 0) return;
    const head = this.#text.slice(0, headEnd);
    const body = this.#text.length - headEnd - HEAD_END.length;
    const [, length] = /^content-length: *(\d+)$/im.exec(head) ?? [];
    if (length === undefined ? this.#text.endsWith(LAST_CHUNK) : body >= Number(length)) this.#wait?.resolve();
  }
}

/** Asks until somebody answers. @throws Error when nobody has after `withinMs`. */
export async function firstAnswer(address: Address, asked: Asked, withinMs: number): Promise<void> {
  const giveUpAt = performance.now() + withinMs;
  for (;;) {
    try {
      const client = await Client.open(address);
      try {
        await client.ask(asked);
        return;
      } finally {
        client.close();
      }
    } catch (error) {
      if (performance.now() > giveUpAt) throw new Error(`no answer within ${withinMs} ms`, { cause: error });
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
}
