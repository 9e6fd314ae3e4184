import { connect as connectPlain, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { BindingFault } from "../bindings/engine.ts";
import type { RedisCall } from "./redisCall.ts";
import { encodeCommand, RedisError, type Reply, ReplyDecoder } from "./reply.ts";
import type { RedisRules } from "./rules.ts";
import type { RedisServer } from "./settings.ts";

/** Commands that went out together, and their answers so far. */
interface Batch {
  readonly replies: Reply[];
  left: number;
  readonly bytes: number;
  /** What the answers may still take, bytes. */
  room: number;
  resolve(replies: Reply[]): void;
  reject(fault: BindingFault): void;
}

/** One connection, shared: commands of all functions follow each other without waiting for answers. */
export class Connection {
  readonly #name: string;
  readonly #rules: RedisRules;
  readonly #socket: Socket;
  readonly #batches: Batch[] = [];
  #pendingBytes = 0;
  #isLost = false;
  #timer: NodeJS.Timeout | undefined;

  private constructor(name: string, server: RedisServer, rules: RedisRules) {
    this.#name = name;
    this.#rules = rules;
    this.#socket = socketTo(server);
    const decoder = new ReplyDecoder(
      () => this.#batches[0]?.room ?? 0,
      (reply, bytes) => this.#hear(reply, bytes),
    );
    this.#socket.on("data", (chunk: Buffer) => {
      try {
        decoder.push(chunk);
      } catch (error) {
        this.#socket.destroy(error as Error);
      }
    });
    this.#socket.on("error", () => {});
    this.#socket.once("close", () => this.#lost("ERR_BINDING_UNAVAILABLE", "was lost: the command may have been done"));
  }

  /** @throws BindingFault */
  static async open(name: string, server: RedisServer, rules: RedisRules): Promise<Connection> {
    const connection = new Connection(name, server, rules);
    try {
      await connection.#opened(server.tls ? "secureConnect" : "connect");
      for (const command of greeting(server)) {
        const [reply] = await connection.send({ bytes: encodeCommand(command), commands: 1 });
        if (reply instanceof RedisError) throw refused(name, reply);
      }
      return connection;
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  get isLost(): boolean {
    return this.#isLost;
  }

  /** @returns the answers in order; what is wrong with a command is its answer. @throws BindingFault */
  send({ bytes, commands }: Pick<RedisCall, "bytes" | "commands">): Promise<Reply[]> {
    const { pendingBytes, replyBytes } = this.#rules;
    if (this.#pendingBytes + bytes.length > pendingBytes) {
      const message = `the server ${this.#name} has ${this.#pendingBytes} bytes of commands before it: nothing was done`;
      return Promise.reject(new BindingFault("ERR_BINDING_OVERLOADED", message));
    }
    return new Promise((resolve, reject) => {
      if (this.#isLost)
        return reject(
          new BindingFault("ERR_BINDING_UNAVAILABLE", `the connection to the server ${this.#name} was lost`),
        );
      const batch = { replies: [], left: commands, bytes: bytes.length, room: replyBytes, resolve, reject };
      this.#pendingBytes += bytes.length;
      if (this.#batches.push(batch) === 1) this.#watch();
      this.#socket.write(bytes);
    });
  }

  /** Ends it at once. */
  close(): void {
    this.#socket.destroy();
  }

  #opened(event: "connect" | "secureConnect"): Promise<void> {
    const { connectMs } = this.#rules;
    return new Promise((resolve, reject) => {
      const fail = (code: string) => {
        clearTimeout(timer);
        this.#socket.destroy();
        const message = `the server ${this.#name} cannot be reached (${code})`;
        reject(new BindingFault("ERR_BINDING_UNAVAILABLE", message));
      };
      const timer = setTimeout(() => fail("it did not answer in time"), connectMs);
      this.#socket.once("error", (error: NodeJS.ErrnoException) => fail(error.code ?? error.message));
      this.#socket.once("close", () => fail("the connection was closed"));
      this.#socket.once(event, () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  #hear(reply: Reply, bytes: number): void {
    const batch = this.#batches[0];
    if (batch === undefined) {
      this.#socket.destroy();
      return;
    }
    batch.room = Math.max(0, batch.room - bytes);
    batch.replies.push(reply);
    if (--batch.left > 0) return;
    this.#batches.shift();
    this.#pendingBytes -= batch.bytes;
    batch.resolve(batch.replies);
    this.#watch();
  }

  /** The first that waits has its time. */
  #watch(): void {
    clearTimeout(this.#timer);
    if (this.#batches.length === 0) return;
    const { answerMs } = this.#rules;
    const late = `gave no answer for ${answerMs} ms: the command may have been done`;
    this.#timer = setTimeout(() => this.#lost("ERR_BINDING_TIMEOUT", late), answerMs);
  }

  #lost(code: "ERR_BINDING_UNAVAILABLE" | "ERR_BINDING_TIMEOUT", why: string): void {
    this.#isLost = true;
    clearTimeout(this.#timer);
    this.#socket.destroy();
    for (const { reject } of this.#batches.splice(0)) {
      reject(new BindingFault(code, `the connection to the server ${this.#name} ${why}`));
    }
  }
}

function socketTo({ host, port, tls, ca }: RedisServer): Socket {
  if (host.startsWith("/")) return connectPlain({ path: host });
  if (!tls) return connectPlain({ host, port, keepAlive: true, noDelay: true });
  const name = isIP(host) === 0 ? { servername: host } : {};
  const socket = connectTls({ host, port, ...name, minVersion: "TLSv1.2", ...(ca !== undefined && { ca }) });
  return socket.setKeepAlive(true).setNoDelay(true);
}

function greeting({ user, password, database }: RedisServer): string[][] {
  const commands: string[][] = [];
  if (password !== null) commands.push(["AUTH", ...(user === null ? [] : [user]), password]);
  if (database !== 0) commands.push(["SELECT", `${database}`]);
  // What is asked before the server wants to know who asks is refused here, and not at a function's first command.
  commands.push(["PING"]);
  return commands;
}

function refused(name: string, { code }: RedisError): BindingFault {
  return new BindingFault("ERR_BINDING_UNAVAILABLE", `the server ${name} does not let the node in (${code})`, {
    storeCode: code,
  });
}
