import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { Link } from "./link.ts";

const BOUND = 1024 * 1024;

describe("the bounds of a link", () => {
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

  it("end it when the peer leaves too much unread", async () => {
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

  it("end it at the length of a frame that is too large", async () => {
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
