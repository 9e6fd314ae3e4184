import assert from "node:assert/strict";
import { appendFileSync, copyFileSync, mkdirSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { contentOf, publishRelease } from "@edge-fleet/runner/release/fixtures";
import { FolderStore } from "@edge-fleet/runner/release/folderStore";
import type { Ack } from "@edge-fleet/runner/release/types";
import { runServices, stopServices } from "../../components/local/manager/client.ts";
import type { ServiceSpec } from "../../components/local/manager/spec.ts";
import { TestProject } from "./edgeCommand.ts";

/** A service that is healthy: an HTTP server on a socket in the node's folder. */
function service(socket: string): ServiceSpec {
  const program = `require("node:http").createServer((_, response) => response.end()).listen(${JSON.stringify(socket)})`;
  return {
    name: "runner",
    command: [process.execPath, "-e", program],
    env: {},
    after: [],
    health: { kind: "http-socket", socket, path: "/" },
    stopSignal: "SIGTERM",
    stopTimeoutMs: 1_000,
    digest: "1",
  };
}

const NODES = ["eu-central-1", "us-east-1"];

describe("edge status", { timeout: 60_000 }, () => {
  it("tells of every node whether it is up, what it serves and why it refused", async () => {
    using project = new TestProject();
    mkdirSync(project.store, { recursive: true });
    const store = new FolderStore(project.store);
    const first = await publishRelease(store, contentOf({ hello: "export default 1" }));
    const ack = (node: string, more: Partial<Ack>): Ack => ({
      node,
      region: node,
      generation: first.current.generation,
      release: first.current.release,
      at: new Date().toISOString(),
      functions: {},
      control: 0,
      refused: null,
      ...more,
    });
    const dirs = NODES.map((node) => join(project.dir, ".edge/state/nodes", node));
    await using _ = {
      [Symbol.asyncDispose]: async () => {
        for (const dir of dirs) await stopServices(dir);
      },
    };
    for (const [index, dir] of dirs.entries()) {
      mkdirSync(join(dir, "run"), { recursive: true });
      await runServices(dir, { name: NODES[index] as string, services: [service(join(dir, "run/x.sock"))], env: {} });
      await store.writeAck(ack(NODES[index] as string, {}));
    }
    const well = await project.edge(["status"]);
    assert.equal(well.code, 0, well.stderr);
    assert.match(well.stdout, /^edge\.test: release 1 \(generation 1\)\n\nREGION +NODE +ADDRESS +STATE +RELEASE\n/);
    assert.match(well.stdout, /eu-central-1 +eu-central-1 +127\.0\.3\.1 +up +1\n/);
    assert.match(well.stdout, /Limits fired: unknown, Prometheus does not answer\./);

    const second = await publishRelease(store, contentOf({ hello: "export default 2" }));
    await store.writeAck(ack("us-east-1", { refused: { generation: second.current.generation, reason: "hello: no" } }));
    await store.writeAck(ack("old-node", { region: "sa-east-1" }));
    await stopServices(dirs[0] as string);
    const { code, stdout } = await project.edge(["status", "--json"]);
    assert.equal(code, 1);
    const status = JSON.parse(stdout);
    assert.deepEqual([status.release, status.generation, status.skew], [2, 2, [1]]);
    const told = status.nodes.map(({ node, state, behind, refused }: Record<string, unknown>) => [
      node,
      state,
      behind,
      refused,
    ]);
    assert.deepEqual(told, [
      ["eu-central-1", "down", 1, null],
      ["old-node", "gone", 1, null],
      ["us-east-1", "up", 1, "hello: no"],
    ]);
  });
});

describe("edge logs", { timeout: 60_000 }, () => {
  const project = new TestProject();
  after(() => project[Symbol.dispose]());
  const file = (node: string) => join(project.dir, ".edge/state/nodes", node, "log/runner.log");
  const line = (second: number, fields: object) =>
    `${JSON.stringify({ time: `2026-01-01T00:00:0${second}.000Z`, level: "info", message: "m", process: "router", ...fields })}\n`;
  const messages = (stdout: string) =>
    stdout
      .trim()
      .split("\n")
      .filter(Boolean)
      .map((text) => JSON.parse(text).message);

  it("says so where no node has a log", async () => {
    const { code, stderr } = await project.edge(["logs"]);
    assert.equal(code, 1);
    assert.match(stderr, /no node of stack local has a log below/);
  });

  it("merges the nodes' lines by time, and shows those of a function, a region or a level", async () => {
    project.write("functions/hello.ts", "");
    for (const node of NODES) mkdirSync(join(project.dir, ".edge/state/nodes", node, "log"), { recursive: true });
    appendFileSync(`${file("eu-central-1")}.1`, line(0, { message: "old" }));
    appendFileSync(file("eu-central-1"), line(1, { message: "a", function: "hello" }) + line(3, { message: "c" }));
    const thrown = {
      message: "d",
      level: "error",
      function: "hello",
      stack: "Error: d\n    at f (functions/hello.ts:1:2)\n    at edge:platform:1:2",
    };
    appendFileSync(file("us-east-1"), `Segmentation fault\n${line(2, { message: "b" })}${line(4, thrown)}`);

    const ask = async (...args: string[]) => messages((await project.edge(["logs", "--json", ...args])).stdout);
    assert.deepEqual(await ask(), ["Segmentation fault", "old", "a", "b", "c", "d"]);
    assert.deepEqual(await ask("--lines", "2"), ["c", "d"]);
    assert.deepEqual(await ask("--lines", "0"), []);
    assert.deepEqual(await ask("--function", "hello"), ["a", "d"]);
    assert.deepEqual(await ask("--region", "us-east-1"), ["Segmentation fault", "b", "d"]);
    assert.deepEqual(await ask("--level", "warn"), ["Segmentation fault", "d"]);
    const { stdout } = await project.edge(["logs", "--level", "error", "--function", "hello"]);
    assert.equal(stdout, "00:00:04.000 error us-east-1 hello d\n    at f (functions/hello.ts:1:2)\n");
    for (const [args, says] of [
      [["--function", "helo"], /Did you mean hello\?/],
      [["--region", "us-east-2"], /Did you mean us-east-1\?/],
      [["--level", "warning"], /"warning" is not one of debug, info, warn, error/],
    ] as const) {
      const { code, stderr } = await project.edge(["logs", ...args]);
      assert.equal(code, 2);
      assert.match(stderr, says);
    }
  });

  it("goes on with what is written, also when a log is emptied, until it is interrupted", async () => {
    await using tail = project.start(["logs", "--tail", "--lines", "1"]);
    const heard = (message: string) => tail.record((record) => record.message === message);
    await heard("d");
    appendFileSync(file("eu-central-1"), line(5, { message: "e" }));
    await heard("e");
    appendFileSync(file("eu-central-1"), line(6, { message: "f" }));
    copyFileSync(file("eu-central-1"), `${file("eu-central-1")}.1`);
    truncateSync(file("eu-central-1"), 0);
    appendFileSync(file("eu-central-1"), line(7, { message: "g" }));
    await heard("f");
    await heard("g");
    assert.deepEqual(
      tail.records.map(({ message }) => message),
      ["d", "e", "f", "g"],
    );
    tail.signal("SIGINT");
    assert.equal(await tail.ended, 0);
  });
});
