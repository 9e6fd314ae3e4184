import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { after, before, describe, it } from "node:test";
import { TestProject } from "./edgeCommand.ts";

const ADDRESSES = ["127.0.3.11", "127.0.3.12"];

describe("edge probe", { timeout: 60_000 }, () => {
  const doors: Server[] = [];
  let project: TestProject;
  before(async () => {
    const first = createServer((socket) => socket.destroy()).listen(0, ADDRESSES[0]);
    await once(first, "listening");
    const { port } = first.address() as { port: number };
    const second = createServer((socket) => socket.destroy()).listen(port, ADDRESSES[1]);
    await once(second, "listening");
    doors.push(first, second);
    project = new TestProject({
      stack: `config:
  edge-fleet:target: local
  edge-fleet:domain: edge.test
  edge-fleet:regions:
    eu-central-1: { continents: [EU, AF], address: ${ADDRESSES[0]} }
    us-east-1: { continents: [NA, SA, AN, AS, OC], default: true, address: ${ADDRESSES[1]} }
  edge-fleet:local: { ports: { https: ${port} } }
`,
    });
  });
  after(() => {
    for (const door of doors) door.close();
    project[Symbol.dispose]();
  });

  it("measures each region to each, and has nothing to suggest on one machine", async () => {
    const { code, stdout } = await project.edge(["probe", "--json"]);
    assert.equal(code, 0);
    const { roundTripMs } = JSON.parse(stdout) as { roundTripMs: Record<string, Record<string, number>> };
    assert.ok((roundTripMs["eu-central-1"]?.["us-east-1"] ?? 0) > 0);
    assert.ok((roundTripMs["us-east-1"]?.["eu-central-1"] ?? 0) > 0);
    const text = await project.edge(["probe", "--rounds", "2"]);
    assert.match(
      text.stdout,
      /^FROM \/ TO +eu-central-1 +us-east-1\neu-central-1 +· +[\d.]+ ms\nus-east-1 +[\d.]+ ms +·\n$/,
    );
    const suggested = await project.edge(["probe", "--suggest"]);
    assert.equal(suggested.stdout, "");
    assert.match(suggested.stderr, /nothing to change/);
  });

  it("tells of a region that does not answer, with exit code 1", async () => {
    const away = doors[1] as Server;
    away.close();
    await once(away, "close");
    const { code, stdout } = await project.edge(["probe"]);
    assert.equal(code, 1);
    assert.match(stdout, /eu-central-1 +· +no answer\nus-east-1 +[\d.]+ ms +·/);
  });
});
