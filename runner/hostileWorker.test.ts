import assert from "node:assert/strict";
import { it } from "node:test";
import { routerSocket, slotCount } from "./config.ts";
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

function isDropped(message: unknown): boolean {
  return message === "a worker's report is none of ours and was dropped";
}
