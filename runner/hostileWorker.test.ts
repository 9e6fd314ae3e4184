import assert from "node:assert/strict";
import { it } from "node:test";
import { brokerSocket, routerSocket, slotCount } from "./config.ts";
import { connectWithRetry } from "./protocol/connect.ts";
import { Link } from "./protocol/link.ts";
import type { Messages } from "./protocol/messages.ts";
import { TestRunner, until } from "./runnerFixture.ts";

it("a worker that sends nonsense loses its place, and nobody else anything", async () => {
  await using runner = new TestRunner({ privateWorkers: 1 });
  await runner.start();
  await runner.deploy({
    hello: { code: "export default { fetch() { return new Response('hi'); } }", routes: ["/hello"] },
  });
  const slot = slotCount(runner.config);
  let isClosed = false;
  const link = new Link(await connectWithRetry(routerSocket(runner.config, slot), 1_000), {
    frame: () => {},
    closed: () => {
      isClosed = true;
    },
  });
  link.send("hello", 0, { slot, pid: 1 });
  link.send("isolateEnded", 0, { key: 1, exit: "x".repeat(10_000) } as unknown as Messages["isolateEnded"]);
  link.send("log", 0, null as unknown as Messages["log"]);
  await until("its reports are dropped", () => runner.lines.filter(({ message }) => isDropped(message)).length === 2);
  link.send("retiring", 0, null as unknown as Messages["retiring"]);
  link.send("retiring", 0, null as unknown as Messages["retiring"]);
  await until("it is let go", () => isClosed);
  const letGo = () =>
    runner.lines.filter(({ message }) => message === "a worker sent what cannot be understood and is let go").length;
  await until("it is said", () => letGo() > 0);
  assert.equal((await runner.fetch("/hello")).body, "hi");
  assert.equal(letGo(), 1);
  assert.equal((await runner.metrics()).sum("edge_runner_process_deaths_total"), 0);
});

it("a worker whose requests are nonsense loses its way out, and its neighbours nothing", async () => {
  await using runner = new TestRunner({ privateWorkers: 2 });
  await runner.start();
  const slot = slotCount(runner.config);
  let isNeighbourClosed = false;
  await connectToBroker(runner, slot + 1, () => {
    isNeighbourClosed = true;
  });
  const untold = { toString: 1 };
  const bind = { binding: "NOTES", operation: "get", args: {}, key: 1 };
  const heads: [kind: "bind" | "fetch" | "partFailed", meta: unknown][] = [
    ["bind", null],
    ["bind", { ...bind, key: untold }],
    ["bind", { ...bind, operation: untold }],
    ["fetch", null],
    ["partFailed", { message: "longer than any frame may be".repeat(400_000) }],
    ["fetch", { url: "http://a.example/", method: "GET", headers: [], redirect: "follow", caller: 1, key: untold }],
  ];
  for (const [kind, meta] of heads) {
    const { promise: closed, resolve } = Promise.withResolvers<string>();
    (await connectToBroker(runner, slot, resolve)).send(kind, 1, meta as never);
    await closed;
  }
  // The broker has closed the last one, and hears whoever comes next.
  (await connectToBroker(runner, slot, () => {})).close();
  assert.equal(isNeighbourClosed, false);
});

/** Connects as the worker of a slot; again when the broker has not yet heard that the one before is gone. */
async function connectToBroker(runner: TestRunner, slot: number, closed: (reason: string) => void): Promise<Link> {
  for (;;) {
    const socket = await connectWithRetry(brokerSocket(runner.config, slot), 1_000);
    const { promise: greeted, resolve } = Promise.withResolvers<boolean>();
    let isGreeted = false;
    const link = new Link(socket, {
      frame: () => {
        isGreeted = true;
        resolve(true);
      },
      closed: (reason) => {
        if (isGreeted) closed(reason);
        resolve(false);
      },
    });
    if (await greeted) return link;
  }
}

function isDropped(message: unknown): boolean {
  return message === "a worker's report is none of ours and was dropped";
}
