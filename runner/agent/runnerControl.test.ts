import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { scratchFolder } from "../release/fixtures.ts";
import { RunnerAwayError, RunnerControl } from "./runnerControl.ts";

async function controlOf(t: TestContext, answer: (response: ServerResponse) => void) {
  const socketPath = join(await scratchFolder(t), "control.sock");
  const server = createServer((_, response) => answer(response)).listen(socketPath);
  await once(server, "listening");
  t.after(() => server.close().closeAllConnections());
  return new RunnerControl(socketPath, new AbortController().signal);
}

const order = { release: 1, generation: 1 };

for (const [title, answer] of [
  ["no answer", (response) => response.destroy()],
  [
    "half an answer",
    (response) => void response.writeHead(200, { "content-length": "99" }).write("{", () => response.destroy()),
  ],
  ["no JSON", (response) => response.end("ok")],
  ["no object", (response) => response.end("null")],
  ["an unknown status", (response) => response.writeHead(500).end("{}")],
  ["200 that is not active", (response) => response.end('{"status":"refused"}')],
  ["an endless answer", (response) => flood(response)],
] as const satisfies readonly [string, (response: ServerResponse) => void][]) {
  test(`a runner that gives ${title} counts as away`, async (t) => {
    const control = await controlOf(t, answer);
    await assert.rejects(control.serve(order), RunnerAwayError);
  });
}

test("a socket that is not there counts as a runner that is away, and is named", async (t) => {
  const socketPath = join(await scratchFolder(t), "none.sock");
  const control = new RunnerControl(socketPath, new AbortController().signal);
  await assert.rejects(control.active(), ({ message }: Error) => message.includes(socketPath));
});

test("a refusal keeps its reasons, cut where they are long", async (t) => {
  const functions = { a: { version: "v", status: "refused", reason: "x".repeat(5_000), more: 1 }, b: null };
  const control = await controlOf(t, (response) =>
    response.writeHead(422).end(JSON.stringify({ status: "refused", reason: "bad", functions })),
  );
  assert.deepEqual(await control.serve(order), {
    status: "refused",
    reason: "bad",
    functions: {
      a: { version: "v", status: "refused", reason: "x".repeat(1_000) },
      b: { version: "undefined", status: "refused" },
    },
  });
});

function flood(response: ServerResponse): void {
  const chunk = Buffer.alloc(1024 * 1024, " ");
  const more = () => {
    while (!response.destroyed && response.write(chunk));
  };
  response.on("drain", more);
  more();
}
