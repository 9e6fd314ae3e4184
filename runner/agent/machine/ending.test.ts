import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { scratchFolder } from "../../release/fixtures.ts";
import { until } from "../../runnerFixture.ts";
import { AgentMetrics } from "../metrics.ts";
import { Ending } from "./ending.ts";

const NOTICE = '{"action":"terminate","time":"2026-11-22T04:00:00Z"}';

for (const [why, page, text] of [
  ["its group wants it gone", "autoscaling/target-lifecycle-state", "Terminated"],
  ["Amazon takes a Spot machine back", "spot/instance-action", NOTICE],
] as const) {
  test(`a machine fails its health when ${why}, and serves on`, async (t) => {
    const { ending, pages, get, restart, logged, metrics } = await machine(t);
    pages.set("autoscaling/target-lifecycle-state", "InService");
    await ending.look();
    assert.equal(await get("/healthz"), 200);
    assert.match(metrics(), /^edge_agent_machine_ending 0$/m);
    pages.set(page, text);
    await ending.look();
    assert.equal(await get("/healthz"), 503);
    assert.equal(await get("/page"), 200);
    assert.match(metrics(), /^edge_agent_machine_ending 1$/m);
    await restart();
    assert.equal(await get("/healthz"), 200);
    await ending.look();
    assert.equal(await get("/healthz"), 503, "a HAProxy that was restarted is told again");
    assert.equal(logged.length, 1);
  });
}

test("metadata that is away or refuses is counted, logged once, and no end", async (t) => {
  const { ending, get, logged, metrics, refuse } = await machine(t);
  refuse(true);
  await ending.look();
  await ending.look();
  assert.equal(await get("/healthz"), 200);
  assert.match(metrics(), /^edge_agent_metadata_errors_total 2$/m);
  assert.equal(logged.length, 1);
  refuse(false);
  await ending.look();
  assert.match(metrics(), /^edge_agent_machine_ending 0$/m);
});

/** Instance metadata on loopback, and a HAProxy whose health is as a node's. */
async function machine(t: TestContext) {
  const dir = await scratchFolder(t);
  const pages = new Map<string, string>();
  let isRefusing = false;
  const server = http.createServer((request, response) => {
    const { method, url = "", headers } = request;
    const page = pages.get(url.replace("/latest/meta-data/", ""));
    if (isRefusing) response.writeHead(503).end();
    else if (method === "PUT" && url === "/latest/api/token") response.end("token");
    else if (headers["x-aws-ec2-metadata-token"] !== "token") response.writeHead(401).end();
    else response.writeHead(page === undefined ? 404 : 200).end(page);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const [socket, door, file] = ["haproxy.sock", "door.sock", "haproxy.cfg"].map((name) => join(dir, name));
  writeFileSync(
    file as string,
    `global
  stats socket ${socket} mode 600 level admin
defaults
  mode http
  timeout connect 1s
  timeout client 5s
  timeout server 5s
frontend http
  bind unix@${door}
  http-request return status 200 if { path /healthz } { nbsrv(region) ge 1 }
  http-request return status 503 if { path /healthz }
  http-request return status 200
backend region
  server runner 127.0.0.1:1
`,
  );
  const start = () =>
    spawn("haproxy", ["-db", "-f", file as string], {
      stdio: "ignore",
      env: { PATH: "/usr/sbin:/usr/local/sbin:/opt/homebrew/bin" },
    });
  const get = (path: string) =>
    new Promise<number>((resolve, reject) => {
      const request = http.get({ socketPath: door, path }, (response) => {
        response.resume().on("end", () => resolve(response.statusCode ?? 0));
      });
      request.on("error", reject);
    });
  const up = () => until("HAProxy answers", () => get("/healthz").then(Boolean, () => false), 30_000);
  let haproxy = start();
  const stop = async () => {
    haproxy.kill("SIGKILL");
    await once(haproxy, "exit");
  };
  t.after(stop);
  await up();
  const logged: string[] = [];
  const metrics = new AgentMetrics();
  const ending = new Ending({
    metadata: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    haproxy: socket as string,
    metrics,
    log: (level, message) => {
      if (!message.endsWith("works again")) logged.push(`${level} ${message}`);
    },
  });
  return {
    ...{ ending, pages, get, logged },
    metrics: () => `${metrics}`,
    refuse: (is: boolean) => {
      isRefusing = is;
    },
    restart: async () => {
      await stop();
      haproxy = start();
      await up();
    },
  };
}
