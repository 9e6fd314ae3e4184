import assert from "node:assert/strict";
import { createSocket, type Socket } from "node:dgram";
import { after, before, describe, it } from "node:test";
import { NameError, nameServerResolver, type Resolve } from "./resolver.ts";

const TYPE_A = 1;
const TTL_SECONDS = 30;

/** Answers with the A records of a table; nothing for other names. */
async function nameServer(records: Readonly<Record<string, readonly string[]>>, asked: string[]): Promise<Socket> {
  const socket = createSocket("udp4");
  socket.on("message", (question, { port, address }) => {
    const labels: string[] = [];
    let at = 12;
    for (let size = question[at] ?? 0; size > 0; size = question[at] ?? 0) {
      labels.push(question.toString("latin1", at + 1, at + 1 + size));
      at += size + 1;
    }
    const type = question.readUInt16BE(at + 1);
    const name = labels.join(".").toLowerCase();
    asked.push(`${name} ${type}`);
    if (name === "silent.example") return;
    const found = type === TYPE_A ? (records[name] ?? []) : [];
    const head = Buffer.from(question.subarray(0, 12));
    head.writeUInt16BE(0x8180 | (records[name] === undefined ? 3 : 0), 2);
    head.writeUInt16BE(found.length, 6);
    head.writeUInt32BE(0, 8);
    const answers = found.map((ip) => {
      const answer = Buffer.alloc(16);
      answer.writeUInt16BE(0xc00c, 0);
      answer.writeUInt16BE(TYPE_A, 2);
      answer.writeUInt16BE(1, 4);
      answer.writeUInt32BE(TTL_SECONDS, 6);
      answer.writeUInt16BE(4, 10);
      for (const [index, part] of ip.split(".").entries()) answer[12 + index] = Number(part);
      return answer;
    });
    socket.send(Buffer.concat([head, question.subarray(12, at + 5), ...answers]), port, address);
  });
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  return socket;
}

describe("resolver", () => {
  const asked: string[] = [];
  const records: Record<string, readonly string[]> = {
    "two.example": ["192.0.2.1", "192.0.2.2"],
    "later.example": ["192.0.2.3"],
  };
  let server: Socket;
  let resolve: Resolve;
  before(async () => {
    server = await nameServer(records, asked);
    resolve = nameServerResolver([`127.0.0.1:${server.address().port}`]);
  });
  after(() => server.close());

  it("gives all addresses of a name", async () => {
    assert.deepEqual([...(await resolve("two.example"))].sort(), ["192.0.2.1", "192.0.2.2"]);
  });

  it("asks once for all who ask at the same time, and not again while the answer is good", async () => {
    const answers = await Promise.all(Array.from({ length: 5 }, () => resolve("later.example")));
    records["later.example"] = ["127.0.0.1"];
    answers.push(await resolve("later.example"));
    for (const answer of answers) assert.deepEqual(answer, ["192.0.2.3"]);
    assert.equal(asked.filter((question) => question === "later.example 1").length, 1);
  });

  it("counts the time for which an answer is good by a clock that never jumps", async (t) => {
    const count = () => asked.filter((question) => question === "jumps.example 1").length;
    records["jumps.example"] = ["192.0.2.4"];
    await resolve("jumps.example");
    t.mock.timers.enable({ apis: ["Date"], now: Date.now() });
    for (const jumpMs of [3_600_000, -7_200_000]) {
      t.mock.timers.setTime(Date.now() + jumpMs);
      await resolve("jumps.example");
      assert.equal(count(), 1);
    }
    const now = performance.now.bind(performance);
    t.mock.method(performance, "now", () => now() + TTL_SECONDS * 1_000);
    await resolve("jumps.example");
    assert.equal(count(), 2);
  });

  it("knows no name that the servers do not know, the hosts file notwithstanding", async () => {
    for (const name of ["missing.example", "localhost.example"]) await assert.rejects(resolve(name), NameError);
  });

  it("answers for other names while one is never answered", async () => {
    let over = false;
    const silent = resolve("silent.example").catch(() => {
      over = true;
    });
    records["quick.example"] = ["192.0.2.9"];
    assert.deepEqual(await resolve("quick.example"), ["192.0.2.9"]);
    assert.equal(over, false);
    await silent;
    assert.equal(over, true);
  });
});
