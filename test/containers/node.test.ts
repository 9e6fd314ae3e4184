import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { COMMANDED, commandSocket } from "../../components/node/commandSockets.ts";
import { functionHost } from "../../components/node/containers/functions.ts";
import { CONTAINER_LAYOUT } from "../../components/node/containers/layout.ts";
import { SERVICES, type ServiceName } from "../../components/node/containers/limits.ts";
import { BOX, buildImages, ContainerNode } from "./containerNode.ts";
import { ContainerEngine } from "./engine.ts";

const FUNCTIONS: Readonly<Record<string, string>> = {
  hello: 'export default { fetch: () => new Response("hello") };',
  cached: 'export default { fetch: () => new Response("cached", { headers: { "cache-control": "max-age=60" } }) };',
  slow: 'export default { async fetch() { console.log("slow began"); await new Promise((r) => setTimeout(r, 1500)); return new Response("slow"); } };',
  eater: 'export default { fetch() { return new Response("ab".repeat(2e8).split("").join("")); } };',
  spin: "export default { fetch() { for (;;); } };",
};
/** The smallest that two workers, their standby and a container fit on. */
const MACHINE = { vcpus: 2, memoryMb: 2_432 + BOX.memoryMb };
const BOX_SERVICE = functionHost(BOX) as `fn-${string}`;
const isLinuxRoot = process.platform === "linux" && process.getuid?.() === 0;

describe("a node in containers, by its compose.yaml", {
  skip: isLinuxRoot ? false : "a container engine needs root",
}, () => {
  const engine = new ContainerEngine();
  let node: ContainerNode;

  before(async () => {
    await engine.start();
    const { box, ...images } = await buildImages(engine);
    node = new ContainerNode(engine);
    await node.start(images, MACHINE, [{ ...BOX, image: box }]);
    await node.workersAre(3);
    await node.deploy(FUNCTIONS, [BOX], { eater: { cpuMs: 20_000 } });
    await serves();
  });
  after(async () => {
    await node?.[Symbol.asyncDispose]();
    await engine.stop();
  });

  const serves = () => node.waits("a function is served", async () => (await node.fetch("/hello/")).body === "hello");

  const boxServes = () => node.waits("the container answers", async () => (await node.fetch("/box/")).status === 200);
  const boxIsStartedAgain = async () => {
    await node.restart(BOX_SERVICE);
    await boxServes();
  };

  it("serves a function through door, cache and runner", async () => {
    const { status, headers, body } = await node.fetch("/hello/");
    assert.deepEqual(
      { status, body, region: headers["x-edge-region"] },
      { status: 200, body: "hello", region: "eu-test-1" },
    );
    await node.fetch("/cached/");
    assert.equal((await node.fetch("/cached/")).headers["x-cache"], "HIT");
  });

  it("has every service healthy, started once", async () => {
    // The process that judges opens nothing but sockets, and is asked by the door.
    const state = "{{if .State.Health}}{{.State.Health.Status}}{{else}}{{.State.Status}}{{end}}";
    for (const service of [...SERVICES, BOX_SERVICE]) {
      const well = service === "judge" ? "running" : "healthy";
      await node.waits(`${service} is ${well}`, async () => (await node.inspect(service, state)) === well);
      assert.equal(await node.inspect(service, "{{.RestartCount}}"), "0", service);
    }
  });

  it("tells figures of runner, cache, door, agent and machine", async () => {
    const { runnerAdmin, varnishMetrics, haproxyMetrics, agentAdmin } = node.ports;
    for (const [port, metric] of [
      [runnerAdmin, "edge_runner_info"],
      [varnishMetrics, "varnish_main_sessions"],
      [haproxyMetrics, "haproxy_process_uptime_seconds"],
      [agentAdmin, "edge_agent_"],
      [9100, "node_filesystem_avail_bytes{device="],
    ] as const) {
      assert.match(await node.admin("/metrics", port), new RegExp(metric), `${port}`);
    }
  });

  it("has the layers of a container around the workers", async () => {
    const { sandbox } = JSON.parse(await node.admin("/readyz"));
    for (const layer of [
      ...["network", "user", "noNewPrivileges", "capabilities", "files", "seccomp", "noCoreDumps", "permissions"],
    ]) {
      assert.equal(sandbox[layer], true, layer);
    }
  });

  it("lets no container write to its root, or be root", async () => {
    for (const service of ["haproxy", "varnish", "varnish-exporter", "node-exporter", BOX_SERVICE] as const) {
      const said = await node.exec(service, "bash", "-c", "(echo x > /x) 2>&1; (echo x > /etc/x) 2>&1; id -u");
      assert.match(said, /\/x: Read-only file system\n.*\/etc\/x: Read-only file system\n100\d\d$/s, service);
    }
    for (const service of ["runner", "sandbox", "agent"] as const) {
      const found = await node.run(
        service,
        `import fs from "node:fs";
        const tried = (path) => { try { fs.writeFileSync(path, "x"); return "written"; } catch (error) { return error.code; } };
        const there = ["/bin/sh", "/usr/bin/env", "/usr/local/bin/npm", "/usr/local/lib/node_modules"].filter((path) => fs.existsSync(path));
        console.log(JSON.stringify({ root: process.getuid() === 0, there, wrote: [tried("/x"), tried("/app/x")] }));`,
      );
      assert.deepEqual(JSON.parse(found), { root: false, there: [], wrote: ["EROFS", "EROFS"] }, service);
    }
  });

  it("lets the agent alone command door, judge and cache, and keeps the maps of policies from cache and runner", async () => {
    const folder = CONTAINER_LAYOUT.commands;
    const listed = (service: ServiceName) =>
      node.exec(service, "bash", "-c", `cd ${folder} && find . -mindepth 1 | sort | tr '\n' ' '`);
    const maps = "./policies ./policies/policies.map ./policies/policy-hosts.map";
    assert.equal((await listed("haproxy")).trim(), `./haproxy ./haproxy/socket ${maps}`);
    assert.equal((await listed("judge")).trim(), `./judge ./judge/socket ${maps}`);
    assert.equal((await listed("varnish")).trim(), "./varnish ./varnish/socket");
    const connecting = `import net from "node:net";
      const connect = (path) => new Promise((resolve) => {
        net.connect(path).once("connect", () => resolve("connected")).once("error", ({ code }) => resolve(code));
      });
      const paths = ${JSON.stringify(COMMANDED.map((program) => commandSocket(CONTAINER_LAYOUT, program)))};
      console.log(JSON.stringify(await Promise.all(paths.map(connect))));
      process.exit();`;
    const reached = async (service: "runner" | "sandbox" | "agent") => JSON.parse(await node.run(service, connecting));
    assert.deepEqual(
      await reached("agent"),
      COMMANDED.map(() => "connected"),
    );
    for (const service of ["runner", "sandbox"] as const) {
      assert.deepEqual(
        await reached(service),
        COMMANDED.map(() => "ENOENT"),
        service,
      );
    }
  });

  it("gives the sandbox no network, no sockets but UNIX ones, and no look into another process", async () => {
    const found = await node.run(
      "sandbox",
      `import fs from "node:fs"; import net from "node:net"; import dgram from "node:dgram";
      const tcp = await new Promise((resolve) => net.connect(80, "93.184.216.34").on("error", (error) => resolve(error.code)).on("connect", () => resolve("connected")));
      const udp = await new Promise((resolve) => { try { const socket = dgram.createSocket("udp4"); socket.on("error", (error) => resolve(error.code)); socket.bind(0, () => resolve("bound")); } catch (error) { resolve(error.code); } });
      const others = fs.readdirSync("/proc").filter((name) => /^\\d+$/.test(name) && Number(name) > 1 && Number(name) !== process.pid);
      const readable = others.filter((pid) => { try { fs.closeSync(fs.openSync("/proc/" + pid + "/mem")); return true; } catch { return false; } });
      const reach = (path) => new Promise((resolve) => net.connect(path).on("error", (error) => resolve(error.code)).on("connect", () => resolve("connected")));
      const node = fs.existsSync("/run/edge/node/control.sock");
      console.log(JSON.stringify({ tcp, udp, others: others.length > 3, readable, node, grants: await reach("/run/edge/workers/grants.sock") }));`,
    );
    const { tcp, udp, others, readable, node: sees, grants } = JSON.parse(found);
    assert.notEqual(tcp, "connected");
    assert.notEqual(udp, "bound");
    assert.equal(others, true);
    assert.deepEqual(readable, []);
    assert.equal(sees, false);
    assert.notEqual(grants, "connected");
  });

  it("loses a worker that the kernel kills for memory, and not the container", async () => {
    const answer = await node.fetch("/eater/", { method: "POST" });
    assert.ok(answer.status >= 500, `${answer.status}`);
    await node.waits("the death is counted", async () =>
      /edge_runner_process_deaths_total\{process="worker",cause="(memory|crash)"/.test(await node.admin("/metrics")),
    );
    await node.workersAre(3);
    await serves();
    assert.equal(await node.inspect("sandbox", "{{.RestartCount}} {{.State.Running}}"), "0 true");
  });

  it("answers others beside a function that takes all processor time it gets", async () => {
    const hogs = [1, 2, 3].map(() => node.fetch("/spin/", { method: "POST" }));
    for (let index = 0; index < 20; index++) assert.equal((await node.fetch("/hello/")).body, "hello");
    for (const hog of hogs) assert.ok((await hog).status >= 500);
  });

  it("hands a request to a container and its answer back", async () => {
    const { status, body } = await node.fetch("/box/echo?a=1", { method: "POST", body: "some text" });
    assert.equal(status, 200);
    const forwarded = `edge.test:${node.ports.https}`;
    assert.deepEqual(JSON.parse(body), { method: "POST", url: "/box/echo?a=1", forwarded, body: "some text" });
  });

  it("holds a container's processor time to what it was given", async () => {
    assert.equal((await node.fetch("/box/spin", { method: "POST" })).body, "spinning");
    const begin = { usedMs: await node.cpuMs(BOX_SERVICE), at: performance.now() };
    await delay(2_000);
    const usedMs = (await node.cpuMs(BOX_SERVICE)) - begin.usedMs;
    const most = (performance.now() - begin.at) * BOX.cpus;
    // One period of the quota (100 ms) more, at each end.
    assert.ok(usedMs <= most + 200 * BOX.cpus, `${usedMs} ms of ${most}`);
    assert.equal((await node.fetch("/hello/")).body, "hello");
    await boxIsStartedAgain();
  });

  it("stops a container's fork bomb at its limit, beside which others are served", async () => {
    const children = Number((await node.fetch("/box/bomb", { method: "POST" })).body);
    assert.ok(children > 50 && children < 256, `${children}`);
    assert.equal((await node.fetch("/hello/")).body, "hello");
    await boxIsStartedAgain();
  });

  it("ends a container that takes more memory than it was given, says so to its client, and starts it again", async () => {
    const { status, body } = await node.fetch("/box/eat", { method: "POST" });
    assert.equal(status, 502);
    assert.equal(JSON.parse(body).error.code, "ERR_CONTAINER_UNAVAILABLE");
    await boxServes();
    assert.notEqual(await node.inspect(BOX_SERVICE, "{{.RestartCount}}"), "0");
  });

  it("gives a container no way but the runner to it", async () => {
    const code = `import net from "node:net";
      const reach = (host, port) => new Promise((resolve) => net.connect({ host, port, timeout: 1000 }).on("error", (error) => resolve(error.code)).on("timeout", () => resolve("timeout")).on("connect", () => resolve("connected")));
      const targets = [["100.127.255.2", 9464], ["93.184.216.34", 80], ["169.254.169.254", 80], ["runner", 9464]];
      console.log(JSON.stringify(await Promise.all(targets.map(([host, port]) => reach(host, port)))));
      process.exit(0);`;
    const found = await node.exec(BOX_SERVICE, "node", "--input-type=module", "--eval", code);
    assert.ok(!JSON.parse(found).includes("connected"), found);
  });

  for (const service of ["agent", "sandbox", "runner", "varnish", "judge", "haproxy"] as const) {
    it(`serves again when the service ${service} was killed`, async () => {
      const before = Number(await node.inspect(service, "{{.RestartCount}}"));
      await node.crash(service);
      await node.waits("the engine has started it again", async () => {
        const [restarts, running] = (await node.inspect(service, "{{.RestartCount}} {{.State.Running}}")).split(" ");
        return Number(restarts) > before && running === "true";
      });
      await node.workersAre(3);
      await serves();
    });
  }

  it("ends what it has begun when it is stopped, and leaves with zero", async () => {
    const begun = Array.from({ length: 8 }, () => node.fetch("/slow/", { method: "POST" }));
    await node.waits(
      "all have begun",
      async () => (await node.compose("logs", "runner")).split("slow began").length > 8,
    );
    await node.compose("stop");
    assert.deepEqual(
      (await Promise.all(begun)).map(({ body }) => body),
      begun.map(() => "slow"),
    );
    for (const service of ["haproxy", "varnish", "runner", "sandbox", "agent"] as const) {
      assert.equal(await node.inspect(service, "{{.State.ExitCode}}"), "0", service);
    }
  });
});
