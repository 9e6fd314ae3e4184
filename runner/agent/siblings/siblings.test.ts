import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { scratchFolder } from "../../release/fixtures.ts";
import { AgentMetrics } from "../metrics.ts";
import { SiblingFile } from "./siblingList.ts";
import { Siblings } from "./siblings.ts";

const PLACES = [1, 2];

test("HAProxy asks those that are in the list, by connections to nobody else", async (t) => {
  const { farm, list, ask, metrics } = await farmOfTwo(t);
  list(["127.0.0.2"]);
  await farm.keep();
  assert.equal(await ask(), "127.0.0.2");
  list(["127.0.0.3"]);
  await farm.keep();
  for (let turn = 0; turn < 10; turn++) assert.equal(await ask(), "127.0.0.3");
  list([]);
  await farm.keep();
  assert.equal(await ask(), "503");
  assert.match(metrics(), /^edge_agent_farm_siblings 0$/m);
  assert.match(metrics(), /^edge_agent_farm_changes_total 3$/m);
});

test("a HAProxy that was restarted is told again", async (t) => {
  const { farm, list, ask, restart } = await farmOfTwo(t);
  list(["127.0.0.2"]);
  await farm.keep();
  await restart();
  assert.equal(await ask(), "503");
  await farm.keep();
  assert.equal(await ask(), "127.0.0.2");
});

test("a HAProxy that was restarted is told the last list while there is no other", async (t) => {
  const { farm, list, ask, restart, metrics } = await farmOfTwo(t);
  list(["127.0.0.2"]);
  await farm.keep();
  assert.match(metrics(), /^edge_agent_farm_list_alarm 0$/m);
  list("not-an-address");
  await restart();
  await farm.keep();
  assert.equal(await ask(), "127.0.0.2");
  assert.match(metrics(), /^edge_agent_farm_list_alarm 1$/m);
});

test("whatever fails, HAProxy keeps whom it has; it is counted each time and logged once", async (t) => {
  const { farm, list, ask, stop, metrics, logged } = await farmOfTwo(t);
  list(["127.0.0.2"]);
  await farm.keep();
  for (const broken of ['"127.0.0.3"', "not-an-address", null]) {
    list(broken);
    await farm.keep();
    await farm.keep();
    assert.equal(await ask(), "127.0.0.2");
  }
  assert.match(metrics(), /^edge_agent_farm_errors_total 6$/m);
  list(["127.0.0.3"]);
  await stop();
  await farm.keep();
  assert.match(metrics(), /^edge_agent_farm_errors_total 7$/m);
  const errors = logged.filter((line) => line.startsWith("error"));
  assert.equal(new Set(errors).size, errors.length);
});

/** A HAProxy with places for two siblings, and a sibling at each of two addresses that says which one it is. */
async function farmOfTwo(t: TestContext) {
  const dir = await scratchFolder(t);
  const ends: (() => Promise<unknown>)[] = [];
  t.after(async () => {
    for (const end of ends) await end();
  });
  const siblings = ["127.0.0.2", "127.0.0.3"].map((address) =>
    http.createServer((_request, response) => response.end(address)),
  );
  let port = 0;
  for (const [index, sibling] of siblings.entries()) {
    sibling.listen(port, `127.0.0.${index + 2}`);
    await once(sibling, "listening");
    port = (sibling.address() as AddressInfo).port;
    ends.push(async () => sibling.close());
  }
  const socket = join(dir, "haproxy.sock");
  const door = join(dir, "door.sock");
  const config = join(dir, "haproxy.cfg");
  const servers = (more: string) => PLACES.map((n) => `  server sibling${n} 127.0.0.1:1 ${more}`.replace("$n", `${n}`));
  writeFileSync(
    config,
    `global
  stats socket ${socket} mode 600 level admin
defaults
  mode http
  timeout connect 1s
  timeout client 5s
  timeout server 5s
frontend door
  bind unix@${door}
  default_backend siblings
backend farm
${servers("disabled check inter 60s").join("\n")}
backend siblings
  http-reuse always
${servers("track farm/sibling$n").join("\n")}
`,
  );
  let haproxy: ChildProcess;
  const start = async () => {
    haproxy = spawn("haproxy", ["-db", "-f", config], {
      stdio: "ignore",
      env: { PATH: "/usr/sbin:/usr/local/sbin:/opt/homebrew/bin" },
    });
    while ((await ask().catch(() => null)) === null) await delay(20);
  };
  const stop = async () => {
    if (haproxy.exitCode !== null || haproxy.signalCode !== null) return;
    haproxy.kill("SIGKILL");
    await once(haproxy, "exit");
  };
  const agent = new http.Agent({ keepAlive: true });
  const ask = () =>
    new Promise<string>((resolve, reject) => {
      const request = http.get({ socketPath: door, agent }, (response) => {
        let body = "";
        response.setEncoding("utf8").on("data", (chunk) => {
          body += chunk;
        });
        response.on("end", () => resolve(response.statusCode === 200 ? body : `${response.statusCode}`));
      });
      request.on("error", reject);
    });
  ends.unshift(stop, async () => agent.destroy());
  await start();

  const file = join(dir, "farm.json");
  const logged: string[] = [];
  const metrics = new AgentMetrics();
  const farm = new Siblings({
    config: { haproxy: socket, port },
    list: new SiblingFile(file),
    metrics,
    log: (level, message, fields) => logged.push(`${level} ${message} ${JSON.stringify(fields)}`),
  });
  return {
    farm,
    ask,
    stop,
    logged,
    metrics: () => `${metrics}`,
    restart: async () => {
      await stop();
      await start();
    },
    /** Writes the list; what is no list of addresses is written as it is. */
    list: (addresses: readonly string[] | string | null) =>
      writeFileSync(
        file,
        Array.isArray(addresses)
          ? JSON.stringify(addresses.map((address) => ({ name: address, address })))
          : JSON.stringify([{ name: "broken", address: addresses }]),
      ),
  };
}
