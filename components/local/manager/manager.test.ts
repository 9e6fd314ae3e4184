import assert from "node:assert/strict";
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { restartDelayMs } from "./backoff.ts";
import { type ManagedServices, managerStatus, runServices, stopServices } from "./client.ts";
import { processStart } from "./processes.ts";
import { managerPaths, type ServiceSpec, type ServiceStatus } from "./spec.ts";

const SERVER = `
const [port, marker] = process.argv.slice(1);
require("node:fs").appendFileSync(marker, "start " + port + "\\n");
process.on("SIGTERM", () => { require("node:fs").appendFileSync(marker, "stop " + port + "\\n"); process.exit(0); });
require("node:net").createServer((socket) => socket.end()).listen(Number(port), "127.0.0.1");
`;

let nodeDir: string;
let ports: number[];

beforeEach(async () => {
  nodeDir = fs.mkdtempSync(path.join(os.tmpdir(), "edge-manager-"));
  fs.mkdirSync(`${nodeDir}/run`);
  ports = await freePorts(3);
});

afterEach(async () => {
  await stopServices(nodeDir);
  fs.rmSync(nodeDir, { recursive: true });
});

describe("the process manager", () => {
  it("starts services in the order of their health and stops them the other way round", async () => {
    await runServices(nodeDir, node([service("b", 1, ["a"]), service("a", 0)]));
    await stopServices(nodeDir);
    const [a, b] = ports;
    assert.deepEqual(marks(), [`start ${a}`, `start ${b}`, `stop ${b}`, `stop ${a}`]);
  });

  it("brings a killed service back in under 3 s and leaves the others alone", async () => {
    await runServices(nodeDir, node([service("a", 0), service("b", 1)]));
    const before = await statuses();
    process.kill(pidOf(before, "a"), "SIGKILL");
    await until(
      async () => (await statuses()).every((s) => s.state === "running" && s.pid !== pidOf(before, "a")),
      3_000,
    );
    const after = await statuses();
    assert.equal(after.find((s) => s.name === "a")?.restarts, 1);
    assert.equal(after.find((s) => s.name === "a")?.lastExit, "SIGKILL");
    assert.equal(pidOf(after, "b"), pidOf(before, "b"));
  });

  it("restarts only what changed and ends what left", async () => {
    await runServices(nodeDir, node([service("a", 0), service("b", 1), service("c", 2)]));
    const before = await statuses();
    await runServices(nodeDir, node([service("a", 0), { ...service("b", 1), digest: "other" }]));
    const after = await statuses();
    assert.equal(pidOf(after, "a"), pidOf(before, "a"));
    assert.notEqual(pidOf(after, "b"), pidOf(before, "b"));
    assert.deepEqual(
      after.map((s) => s.name),
      ["a", "b"],
    );
    assert.equal(processStart(pidOf(before, "c")), null);
  });

  it("tells the end of the log of a service that cannot start", async () => {
    const broken: ServiceSpec = {
      ...service("broken", 0),
      command: [process.execPath, "-e", "console.error('no such option: --frob'); process.exit(3)"],
    };
    await assert.rejects(
      runServices(nodeDir, node([broken])),
      /broken does not start: it ended with exit code 3[\s\S]*--frob/,
    );
  });

  it("names a program that is not there", async () => {
    const missing: ServiceSpec = { ...service("missing", 0), command: ["/no/such/program"] };
    await assert.rejects(runServices(nodeDir, node([missing])), /missing does not start: .*ENOENT/);
  });

  it("keeps what runs when a change cannot be written down, and takes it once it can", async () => {
    await runServices(nodeDir, node([service("a", 0)]));
    const before = await statuses();
    const { specFile } = managerPaths(nodeDir);
    // A folder in the place of the file cannot be replaced by one, like a disk without room.
    fs.rmSync(specFile);
    fs.mkdirSync(`${specFile}/in-the-way`, { recursive: true });
    const changed = node([{ ...service("a", 0), digest: "other" }]);
    await assert.rejects(runServices(nodeDir, changed), /PUT \/services: 400/);
    assert.equal(pidOf(await statuses(), "a"), pidOf(before, "a"));
    fs.rmSync(specFile, { recursive: true });
    await runServices(nodeDir, changed);
    assert.notEqual(pidOf(await statuses(), "a"), pidOf(before, "a"));
  });

  it("ends what a killed manager left behind, and only that", async () => {
    await runServices(nodeDir, node([service("a", 0)]));
    const status = await managerStatus(nodeDir);
    assert.ok(status);
    const orphan = pidOf(status.services, "a");
    process.kill(status.pid, "SIGKILL");
    await until(async () => (await managerStatus(nodeDir)) === null, 2_000);
    const stranger = { name: "stranger", pid: process.pid, startedAt: "another time" };
    const { processesFile } = managerPaths(nodeDir);
    fs.writeFileSync(processesFile, JSON.stringify([...JSON.parse(fs.readFileSync(processesFile, "utf8")), stranger]));
    await runServices(nodeDir, node([service("a", 0)]));
    assert.equal(processStart(orphan), null);
  });
});

describe("restartDelayMs", () => {
  it("doubles from 100 ms and never exceeds 5 s", () => {
    assert.deepEqual([1, 2, 3, 7, 100].map(restartDelayMs), [100, 200, 400, 5_000, 5_000]);
  });
});

function service(name: string, port: number, after: string[] = []): ServiceSpec {
  const listen = ports[port] as number;
  return {
    name,
    command: [process.execPath, "-e", SERVER, String(listen), `${nodeDir}/marks`],
    env: {},
    after,
    health: { kind: "tcp", host: "127.0.0.1", port: listen },
    stopSignal: "SIGTERM",
    stopTimeoutMs: 1_000,
    digest: name,
  };
}

function node(services: readonly ServiceSpec[]): ManagedServices {
  return { name: "n1", services, env: {} };
}

function marks(): string[] {
  return fs.readFileSync(`${nodeDir}/marks`, "utf8").trim().split("\n");
}

async function statuses(): Promise<readonly ServiceStatus[]> {
  return (await managerStatus(nodeDir))?.services ?? [];
}

function pidOf(services: readonly ServiceStatus[], name: string): number {
  const pid = services.find((s) => s.name === name)?.pid;
  assert.ok(pid, `${name} has no process`);
  return pid;
}

async function until(condition: () => Promise<boolean>, timeoutMs: number): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await condition())) {
    assert.ok(Date.now() < deadline, `not within ${timeoutMs} ms`);
    await delay(20);
  }
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => net.createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => new Promise((resolve) => server.once("listening", resolve))));
  const found = servers.map((server) => (server.address() as net.AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return found;
}
