import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { TestFunction } from "../../runner/runnerFixture.ts";
import { until } from "../../runner/runnerFixture.ts";
import { ContainerEngine } from "./engine.ts";
import { ContainerRunner, IMAGE } from "./fixture.ts";

const BASE = "node:26-slim";
const ROOT = join(import.meta.dirname, "../..");
const FUNCTIONS: Record<string, TestFunction> = {
  hello: { code: 'export default { fetch: () => new Response("hello") };', routes: ["/hello"] },
  slow: {
    code: 'export default { async fetch() { await new Promise((r) => setTimeout(r, 1500)); return new Response("slow"); } };',
    routes: ["/slow"],
  },
  eater: {
    code: 'export default { fetch() { return new Response("ab".repeat(2e8).split("").join("")); } };',
    routes: ["/eater"],
    limits: { heapMb: 128, cpuMs: 20_000 },
  },
};

const isLinuxRoot = process.platform === "linux" && process.getuid?.() === 0;

describe("the runner's image, as two services", { skip: isLinuxRoot ? false : "a container engine needs root" }, () => {
  const engine = new ContainerEngine();
  let runner: ContainerRunner;

  before(async () => {
    await engine.start();
    await engine.importBase(BASE);
    const beganMs = performance.now();
    const args = ["--build-arg", `BASE=${BASE}`, "--build-arg", "PACKAGES=context"];
    await engine.docker(
      "build",
      "--quiet",
      "--network",
      "none",
      "--file",
      join(ROOT, "runner/Dockerfile"),
      ...args,
      "--tag",
      IMAGE,
      ROOT,
    );
    const megabytes = Number(await engine.docker("inspect", "--format", "{{.Size}}", IMAGE)) / 1e6;
    console.log(`image built in ${((performance.now() - beganMs) / 1_000).toFixed(1)} s, ${megabytes.toFixed(0)} MB`);
    // A budget large enough that the kernel, and not the supervisor, meets what eats memory.
    runner = new ContainerRunner(engine, { workerRssMb: 4_096 });
    await runner.start("sandbox");
    await runner.start("runner");
    await runner.workersAre(3);
    await runner.host.deploy(FUNCTIONS);
  });
  after(async () => {
    await engine.stop();
    await runner?.host[Symbol.asyncDispose]();
  });

  it("serves a function, and both containers say that they are well", async () => {
    assert.equal((await runner.host.fetch("/hello")).body, "hello");
    await runner.isHealthy("runner");
    await runner.isHealthy("sandbox");
  });

  it("has the layers of a container around the workers", async () => {
    const { sandbox } = JSON.parse(await runner.admin("/readyz"));
    for (const layer of [
      ...["network", "user", "noNewPrivileges", "capabilities", "files", "seccomp", "noCoreDumps", "permissions"],
    ]) {
      assert.equal(sandbox[layer], true, layer);
    }
  });

  it("has no shell, no npm, no root, and nothing that can be written but its scratch space", async () => {
    const found = await runner.run(
      "runner",
      `import fs from "node:fs";
      const tried = (path) => { try { fs.writeFileSync(path, "x"); return "written"; } catch (error) { return error.code; } };
      const there = ["/bin/sh", "/usr/bin/env", "/usr/local/bin/npm", "/usr/local/lib/node_modules"].filter((path) => fs.existsSync(path));
      console.log(JSON.stringify({ user: [process.getuid(), process.getgid()], there, root: tried("/x"), app: tried("/app/x") }));`,
    );
    assert.deepEqual(JSON.parse(found), { user: [10_001, 10_000], there: [], root: "EROFS", app: "EROFS" });
  });

  it("gives the sandbox no network, no sockets but UNIX ones, and no look into another process", async () => {
    const found = await runner.run(
      "sandbox",
      `import fs from "node:fs"; import net from "node:net"; import dgram from "node:dgram"; import os from "node:os";
      const tcp = await new Promise((resolve) => net.connect(80, "93.184.216.34").on("error", (error) => resolve(error.code)).on("connect", () => resolve("connected")));
      const udp = await new Promise((resolve) => { try { const socket = dgram.createSocket("udp4"); socket.on("error", (error) => resolve(error.code)); socket.bind(0, () => resolve("bound")); } catch (error) { resolve(error.code); } });
      const others = fs.readdirSync("/proc").filter((name) => /^\\d+$/.test(name) && Number(name) > 1 && Number(name) !== process.pid);
      const readable = others.filter((pid) => { try { fs.closeSync(fs.openSync("/proc/" + pid + "/mem")); return true; } catch { return false; } });
      const reach = (path) => new Promise((resolve) => net.connect(path).on("error", (error) => resolve(error.code)).on("connect", () => resolve("connected")));
      const node = fs.existsSync("/run/edge/node/control.sock");
      console.log(JSON.stringify({ user: process.getuid(), tcp, udp, others: others.length > 3, readable, node, grants: await reach("/run/edge/workers/grants.sock") }));`,
    );
    const { user, tcp, udp, others, readable, node, grants } = JSON.parse(found);
    assert.equal(user, 10_002);
    assert.notEqual(tcp, "connected");
    assert.notEqual(udp, "bound");
    assert.equal(others, true);
    assert.deepEqual(readable, []);
    assert.equal(node, false);
    assert.notEqual(grants, "connected");
  });

  it("loses a worker that the kernel kills for memory, and not the container", async () => {
    const answer = await runner.host.fetch("/eater", { method: "POST" });
    assert.ok(answer.status >= 500, `${answer.status}`);
    await until("the death is counted", async () =>
      /edge_runner_process_deaths_total\{process="worker",cause="(memory|crash)"/.test(await runner.admin("/metrics")),
    );
    await runner.workersAre(3);
    assert.equal((await runner.host.fetch("/hello")).body, "hello");
    assert.equal(await runner.inspect("sandbox", "{{.RestartCount}} {{.State.Running}}"), "0 true");
  });

  for (const service of ["sandbox", "runner"] as const) {
    it(`serves again when the service ${service} was killed`, async () => {
      await runner.crash(service);
      await until(
        "the engine has started it again",
        async () => {
          const [restarts, running] = (await runner.inspect(service, "{{.RestartCount}} {{.State.Running}}")).split(
            " ",
          );
          return Number(restarts) > 0 && running === "true";
        },
        15_000,
      );
      await runner.workersAre(3);
      await runner.host.deploy(FUNCTIONS);
      assert.equal((await runner.host.fetch("/hello")).body, "hello");
    });
  }

  it("ends what it has begun when it is stopped, and leaves with zero", async () => {
    const begun = runner.host.fetch("/slow");
    await new Promise((resolve) => setTimeout(resolve, 500));
    await engine.docker("stop", "runner");
    assert.equal((await begun).body, "slow");
    await engine.docker("stop", "sandbox");
    assert.equal(await runner.inspect("runner", "{{.State.ExitCode}}"), "0");
    assert.equal(await runner.inspect("sandbox", "{{.State.ExitCode}}"), "0");
  });
});
