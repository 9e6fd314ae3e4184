import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { until } from "../../runner/runnerFixture.ts";
import { toDoor } from "../node/clients.ts";
import { exchange } from "../node/rawExchange.ts";
import { TestNode } from "../node/testNode.ts";
import {
  END_HEADERS,
  END_STREAM,
  FRAME,
  fieldBlock,
  frame,
  framesAfter,
  type HeaderFields,
  PREFACE,
} from "./rawHttp2.ts";
import { SMUGGLED } from "./smuggled.ts";

const AT_ONCE = 16;
const node = new TestNode();

before(() =>
  node.start({
    echo: {
      code: "export default { async fetch(request) { return new Response(new URL(request.url).search + await request.text()); } };",
      routes: ["/echo"],
    },
    // Only a hidden request comes here.
    smuggled: { code: "export default { fetch: () => new Response('smuggled') };", routes: ["/smuggled"] },
  }),
);
after(() => node[Symbol.asyncDispose]());

describe("bytes that smuggle requests past other servers", () => {
  it(`leave everybody with their own answer, ${SMUGGLED.length} times, and hide nothing from HAProxy`, async () => {
    for (let at = 0; at < SMUGGLED.length; at += AT_ONCE) {
      const batch = SMUGGLED.slice(at, at + AT_ONCE);
      const attacks = batch.map(async (bytes) => exchange(await toDoor(node), bytes, { enough: 9, withinMs: 250 }));
      const honest = Array.from({ length: 8 }, (_, index) => honestRequest(`${at}-${index}`));
      await Promise.all([...attacks, ...honest]);
      await Promise.all(Array.from({ length: 8 }, (_, index) => honestRequest(`${at}-after-${index}`)));
    }
    await sameCount();
  });

  it("would be noticed: an open request is counted on both sides", async () => {
    const { ran } = await counts();
    const [answer] = (await exchange(await toDoor(node), "GET /smuggled HTTP/1.1\r\nHost: edge.test\r\n\r\n")).answers;
    assert.equal(answer?.body, "smuggled");
    await sameCount();
    assert.equal((await counts()).ran, ran + 1);
  });
});

/** HTTP/2 fields that become something else when they are written as HTTP/1. */
const FIELDS: Readonly<Record<string, HeaderFields>> = {
  "a transfer coding": [["transfer-encoding", "chunked"]],
  "a length that is not the body's": [["content-length", "3"]],
  "two lengths": [
    ["content-length", "0"],
    ["content-length", "5"],
  ],
  "a length with a sign": [["content-length", "+5"]],
  "a line break in a value": [["x", "a\r\nTransfer-Encoding: chunked"]],
  "a bare line feed in a value": [["x", "a\nTransfer-Encoding: chunked"]],
  "a bare carriage return in a value": [["x", "a\rTransfer-Encoding: chunked"]],
  "a zero byte in a value": [["x", "a\0b"]],
  "a line break in a name": [["x: y\r\ntransfer-encoding", "chunked"]],
  "a colon in a name": [["transfer-encoding: chunked\r\nx", "y"]],
  "a space in a name": [["transfer-encoding ", "chunked"]],
  "a name in capitals": [["Transfer-Encoding", "chunked"]],
  "an empty name": [["", "x"]],
  "a connection header": [["connection", "content-length"]],
  "an upgrade": [["upgrade", "h2c"]],
  "another host": [["host", "other.test"]],
  "a second path": [[":path", "/smuggled"]],
  "a pseudo-header that is none": [[":smuggled", "x"]],
};

/** The same in what makes the request line. */
const LINES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "a line break in the path": { ":path": "/echo HTTP/1.1\r\nHost: edge.test\r\n\r\nGET /smuggled" },
  "a space in the path": { ":path": "/echo HTTP/1.1" },
  "a line break in the method": { ":method": "GET /smuggled HTTP/1.1\r\nHost: edge.test\r\n\r\nGET" },
  "a space in the method": { ":method": "GET /smuggled" },
  "a line break in the authority": { ":authority": "edge.test\r\nTransfer-Encoding: chunked" },
  "a path in the authority": { ":authority": "edge.test/smuggled" },
  "a scheme with more in it": { ":scheme": "https://edge.test/smuggled?" },
  "no path": { ":path": "" },
  "a whole URL for a path": { ":path": "https://edge.test/smuggled" },
};

describe("HTTP/2 that would be another request in HTTP/1", () => {
  const plain = { ":method": "POST", ":scheme": "https", ":path": "/echo", ":authority": "edge.test" };
  const cases: readonly (readonly [string, HeaderFields])[] = [
    ...Object.entries(FIELDS).map(([what, fields]) => [what, [...Object.entries(plain), ...fields]] as const),
    ...Object.entries(LINES).map(([what, line]) => [what, Object.entries({ ...plain, ...line })] as const),
  ];
  for (const [what, fields] of cases) {
    it(`smuggles nothing: ${what}`, async () => {
      const socket = await toDoor(node, { ALPNProtocols: ["h2"] });
      const hidden = Buffer.from("0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: edge.test\r\n\r\n");
      const headers = frame(FRAME.headers, END_HEADERS, 1, fieldBlock(fields));
      const frames = await framesAfter(socket, [PREFACE, headers, frame(FRAME.data, END_STREAM, 1, hidden)]);
      assert.ok(frames.length > 0, "the door did not speak HTTP/2");
      await Promise.all(Array.from({ length: 4 }, (_, index) => honestRequest(`h2-${index}`)));
      await sameCount();
    });
  }
});

async function honestRequest(name: string): Promise<void> {
  const bytes = `POST /echo?${name} HTTP/1.1\r\nHost: edge.test\r\nContent-Length: ${name.length}\r\n\r\n${name}`;
  const [answer] = (await exchange(await toDoor(node), bytes)).answers;
  assert.deepEqual([answer?.status, answer?.body], [200, `?${name}${name}`]);
}

/** Requests for the hidden path that HAProxy has let pass, by its log, and those that ran. */
async function counts(): Promise<{ passed: number; ran: number }> {
  const lines = node
    .log("haproxy")
    .split("\n")
    .filter((line) => line.startsWith("{"));
  const passed = lines
    .map((line) => JSON.parse(line))
    .filter(({ uri, status }) => uri === "/smuggled" && status === 200);
  const ran = (await node.runner.metrics()).sum("edge_runner_invocations_total", { function: "smuggled" });
  return { passed: passed.length, ran };
}

/** Both are the same: nothing was hidden in another request. */
async function sameCount(): Promise<void> {
  let last = await counts();
  await until("every request that ran is in HAProxy's log", async () => {
    last = await counts();
    return last.passed === last.ran;
  }).catch((error: Error) => {
    throw new Error(`${error.message}: ${JSON.stringify(last)}`);
  });
}
