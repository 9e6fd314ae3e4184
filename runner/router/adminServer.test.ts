import assert from "node:assert/strict";
import type { Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { after, before, describe, it } from "node:test";
import { MetricsText } from "../metricsText.ts";
import { until } from "../runnerFixture.ts";
import { newAdminServer } from "./adminServer.ts";
import { Metrics } from "./metrics.ts";

const FUNCTIONS = 2_000;

describe("metrics of two thousand functions", () => {
  let server: Server;
  let port: number;

  before(async () => {
    const metrics = new Metrics("eu");
    for (let index = 0; index < FUNCTIONS; index++) {
      const of = metrics.of({ name: `function-${index}`, version: "v1" });
      of.answered(200, index);
      of.over({ cpuMs: 1, cold: false });
      of.queued(1);
    }
    server = newAdminServer({
      metrics,
      releases: { active: undefined },
      pool: { connected: 0 },
      switches: { all: {} },
      sandbox: { layers: null },
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    ({ port } = server.address() as AddressInfo);
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  it("let other work pass between two pieces", async () => {
    let turns = 0;
    let reading = true;
    const turn = () => {
      turns++;
      if (reading) setImmediate(turn);
    };
    setImmediate(turn);
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    reading = false;
    server.closeIdleConnections();
    assert.equal(new MetricsText(text).find("edge_runner_request_duration_seconds_count").length, FUNCTIONS);
    assert.ok(text.length > 5_000_000);
    assert.ok(turns > 100, `${turns} turns`);
  });

  it("are not made for a reader that does not read, and not finished for one that has gone", async () => {
    const socket = connect(port, "127.0.0.1");
    socket.pause();
    socket.write("GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n");
    const connections = () => new Promise<number>((resolve) => server.getConnections((_, count) => resolve(count)));
    await until("it is connected", async () => (await connections()) > 0);
    const peakBytes = process.memoryUsage().rss;
    for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve));
    assert.ok(process.memoryUsage().rss - peakBytes < 64 * 1024 * 1024);
    socket.destroy();
    await until("the server lets go", async () => (await connections()) === 0);
  });
});
