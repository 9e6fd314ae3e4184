import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { freeBytes } from "./freeBytes.ts";
import { Link } from "./link.ts";
import type { Frame } from "./messages.ts";

const LARGE = 64 * 1024;

describe("memory of bytes that were passed on", () => {
  it("is free at once; that of views and of small bytes stays", () => {
    const whole = Buffer.alloc(LARGE);
    const { buffer } = whole;
    const view = whole.subarray(0, LARGE - 1);
    freeBytes(view);
    assert.equal(buffer.byteLength, LARGE);
    freeBytes(whole);
    assert.equal(buffer.byteLength, 0);
    const small = Buffer.from("small");
    freeBytes(small);
    assert.equal(small.toString(), "small");
  });
});

describe("bodies over a link", () => {
  const dir = mkdtempSync(join(tmpdir(), "edge-link-"));
  const server = createServer();
  let sender: Link;
  let heard: Frame[] = [];
  let wake = () => {};

  before(async () => {
    server.listen(join(dir, "s"));
    const client = connect(join(dir, "s"));
    const [socket] = (await once(server, "connection")) as [Socket];
    const frame = (received: Frame) => {
      heard.push(received);
      wake();
    };
    new Link(socket, { frame, closed: () => {} });
    sender = new Link(client, { frame: () => {}, closed: () => {} });
  });
  after(() => {
    sender.close();
    server.close();
    rmSync(dir, { recursive: true });
  });

  const received = async (count: number) => {
    while (heard.length < count) await new Promise<void>((resolve) => (wake = resolve));
    return heard.splice(0);
  };

  it("arrive in order and whole, given away or not, large among small; what was given is free, the rest stays", async () => {
    heard = [];
    const given = Array.from({ length: 20 }, (_, index) => Buffer.alloc(index % 3 === 0 ? 10 : LARGE, index));
    const kept = Buffer.alloc(LARGE, 99);
    const sizes = given.map(({ length }) => length);
    for (const [index, bytes] of given.entries()) {
      sender.give("part", index, null, bytes);
      sender.send("part", 100 + index, null, kept);
      sender.send("credit", 200 + index, { bytes: index });
    }
    const frames = await received(60);
    for (let index = 0; index < 20; index++) {
      const [part, second, credit] = frames.slice(index * 3, index * 3 + 3) as [Frame, Frame, Frame];
      assert.deepEqual([part.id, second.id, credit.id], [index, 100 + index, 200 + index]);
      assert.ok(part.body.equals(Buffer.alloc(sizes[index] as number, index)));
      assert.ok(second.body.equals(kept));
    }
    while (given.some(({ length }) => length === LARGE)) await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(
      given.map(({ length }) => length),
      sizes.map((size) => (size === LARGE ? 0 : size)),
    );
    assert.equal(kept.length, LARGE);
  });
});
