import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { Link } from "./link.ts";

const BOUND = 1024 * 1024;

describe("a link and its bounds", () => {
  const dir = mkdtempSync(join(tmpdir(), "edge-link-"));
  let server: Server;
  before(async () => {
    server = createServer().listen(join(dir, "s"));
    await once(server, "listening");
  });
  after(() => {
    server.close();
    rmSync(dir, { recursive: true });
  });

  const pair = async () => {
    const peer = connect(join(dir, "s"));
    peer.on("error", () => {});
    const [socket] = (await once(server, "connection")) as [Socket];
    return { peer, socket };
  };

  it("ends when the peer leaves too much unread", async () => {
    const { peer, socket } = await pair();
    peer.pause();
    let isClosed = false;
    const handlers = { frame: () => {}, closed: () => (isClosed = true) };
    const link = new Link(socket, handlers, { unsentBytesMax: BOUND });
    let most = 0;
    for (let sent = 0; sent < 64 && !isClosed; sent++) {
      link.send("part", 1, null, Buffer.alloc(BOUND / 4));
      await new Promise((resolve) => setImmediate(resolve));
      most = Math.max(most, socket.writableLength);
    }
    assert.equal(isClosed, true);
    assert.ok(most <= 2 * BOUND, `${most} bytes`);
    peer.destroy();
  });

  it("tells when the kernel has what was sent, and when it never will", async () => {
    const { peer, socket } = await pair();
    const link = new Link(socket, { frame: () => {}, closed: () => {} });
    let taken = 0;
    const send = (bytes: number) => link.sent("part", 1, null, Buffer.alloc(bytes)).then(() => taken++);
    await Promise.all([send(10), send(100_000)]);
    assert.equal(taken, 2);
    peer.pause();
    const late = send(16 * BOUND);
    link.flush();
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(taken, 2);
    peer.resume();
    await late;
    peer.pause();
    const never = [send(16 * BOUND), send(10)];
    link.flush();
    never.push(send(10));
    link.drop();
    await Promise.all(never);
    await send(10);
    peer.destroy();
  });

  it("ends at the length of a frame that is too large", async () => {
    const { peer, socket } = await pair();
    const closed = new Promise<string>((resolve) => {
      new Link(socket, { frame: () => {}, closed: resolve }, { maxFrameBytes: BOUND });
    });
    const length = Buffer.alloc(4);
    length.writeUInt32BE(BOUND + 1);
    peer.write(length);
    assert.match(await closed, /frame length of 1048577/);
    peer.destroy();
  });
});
