import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";
import { Link, type LinkBounds } from "../protocol/link.ts";
import type { Frame } from "../protocol/messages.ts";
import { newWorkerServer } from "./workerSocket.ts";

const SMALL: LinkBounds = { maxFrameBytes: 64 * 1024, unsentBytesMax: 1024 * 1024 };
const OWN_FRAME_BYTES_MAX = 8 * 1024 * 1024;

describe("the broker's end of a worker's socket", () => {
  const dir = mkdtempSync(join(tmpdir(), "edge-worker-socket-"));
  const servers: Server[] = [];
  let path = "";
  let gone = 0;
  let last: Link | undefined;

  const listen = async (name: string, bounds?: LinkBounds) => {
    path = join(dir, name);
    const hearerOf = (link: Link) => {
      last = link;
      return {
        hear: ({ kind }: Frame) => {
          if (kind === "credit") throw new TypeError("nonsense");
        },
        gone: () => void gone++,
      };
    };
    const server = newWorkerServer(1, hearerOf, bounds).listen(path);
    servers.push(server);
    await once(server, "listening");
  };
  before(() => listen("small", SMALL));
  beforeEach(() => {
    path = join(dir, "small");
    gone = 0;
  });
  after(() => {
    for (const server of servers) server.close();
    rmSync(dir, { recursive: true });
  });

  /** A connection, and whether it is greeted. */
  async function worker(): Promise<{ socket: Socket; link: Link; greeted: boolean; closed: Promise<string> }> {
    const socket = connect(path);
    await once(socket, "connect");
    const { promise: closed, resolve: tellClosed } = Promise.withResolvers<string>();
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const link = new Link(socket, {
      frame: ({ kind }) => resolve(kind === "brokerHello"),
      closed: (reason) => {
        resolve(false);
        tellClosed(reason);
      },
    });
    return { socket, link, greeted: await promise, closed };
  }

  /** The slot's next worker. */
  async function greetedWorker() {
    const next = await worker();
    assert.equal(next.greeted, true);
    return next;
  }

  function lengthOf(bytes: number): Buffer {
    const head = Buffer.alloc(4);
    head.writeUInt32BE(bytes);
    return head;
  }

  it("takes one worker at a time", async () => {
    const first = await greetedWorker();
    assert.equal((await worker()).greeted, false);
    first.socket.destroy();
    await until(() => gone === 1);
    (await greetedWorker()).socket.destroy();
    await until(() => gone === 2);
  });

  it("lets go of a worker whose frame is too long, and takes the next one, again and again", async () => {
    for (let round = 0; round < 50; round++) {
      const { socket, closed } = await greetedWorker();
      socket.write(lengthOf(64 * 1024 + 1));
      if (round % 2 === 0) socket.write(Buffer.alloc(256 * 1024));
      await closed;
    }
    assert.equal(gone, 50);
  });

  it("lets go of a worker that sends nonsense, and takes the next one", async () => {
    const { link, closed } = await greetedWorker();
    link.send("credit", 1, { bytes: 1 });
    await closed;
    (await greetedWorker()).socket.destroy();
    await until(() => gone === 2);
  });

  it("lets go of a worker that leaves too much unread, and takes the next one", async () => {
    const { socket } = await greetedWorker();
    socket.pause();
    for (let sent = 0; sent < 64 && gone === 0; sent++) {
      last?.send("part", 1, null, Buffer.alloc(256 * 1024));
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.equal(gone, 1);
    (await greetedWorker()).socket.destroy();
    await until(() => gone === 2);
    socket.destroy();
  });

  it("waits for no worker that has ended and left something unread", async () => {
    const { socket } = await greetedWorker();
    socket.pause();
    last?.send("part", 1, null, Buffer.alloc(768 * 1024));
    last?.flush();
    socket.end();
    // Until the broker has read the end, the worker counts as there.
    let next = await worker();
    while (!next.greeted) next = await worker();
    await until(() => gone === 1);
    socket.destroy();
    next.socket.destroy();
    await until(() => gone === 2);
  });

  it("takes frames of 8 MB and no longer ones where nobody says otherwise", async () => {
    await listen("own");
    const { socket, link, closed } = await greetedWorker();
    link.send("partFailed", 1, { message: "x".repeat(OWN_FRAME_BYTES_MAX - 100) });
    link.send("partEnd", 1, null);
    link.flush();
    await new Promise<void>((resolve) => socket.write("", () => resolve()));
    assert.equal(gone, 0);
    socket.write(lengthOf(OWN_FRAME_BYTES_MAX + 1));
    await closed;
    await until(() => gone === 1);
    (await greetedWorker()).socket.destroy();
    await until(() => gone === 2);
  });
});

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}
