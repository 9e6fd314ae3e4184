import assert from "node:assert/strict";
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { type Footprint, footprintProblems } from "./footprint.ts";

let root: string;
let port: number;
let server: net.Server;

beforeEach(async () => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), "edge-foot-"));
  server = net.createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  port = (server.address() as net.AddressInfo).port;
});

afterEach(() => {
  server.close();
  fs.rmSync(root, { recursive: true });
});

function footprint(change: Partial<Footprint> = {}): Footprint {
  return {
    name: "us-east-1",
    address: "127.0.0.1",
    ports: { "edge-fleet:local.ports.https": port },
    programs: ["node"],
    ...change,
  };
}

describe("footprintProblems", () => {
  it("names a taken port with its key, address and remedy", async () => {
    const [problem, ...others] = await footprintProblems(root, footprint(), null);
    assert.deepEqual(others, []);
    assert.match(problem ?? "", new RegExp(`127.0.0.1:${port} is taken .*set edge-fleet:local.ports.https`));
  });

  it("finds nothing wrong with ports that the node holds already, or when they are free", async () => {
    assert.deepEqual(await footprintProblems(root, footprint(), footprint()), []);
    await new Promise((resolve) => server.close(resolve));
    assert.deepEqual(await footprintProblems(root, footprint(), null), []);
  });

  it("checks ports that a change brings", async () => {
    const before = footprint({ ports: { "edge-fleet:local.ports.https": 1 } });
    const [problem] = await footprintProblems(root, footprint(), before);
    assert.match(problem ?? "", /is taken/);
  });

  it("names an address that the machine has not", async () => {
    const [problem] = await footprintProblems(root, footprint({ address: "192.0.2.1" }), null);
    assert.match(problem ?? "", /no address 192\.0\.2\.1/);
  });

  it("names a secret that is missing, with the key that asks for it", async () => {
    const secrets = { "edge-fleet:postgres.orders.url": "orders-url" };
    const [problem, ...others] = await footprintProblems(root, footprint({ ports: {}, secrets }), null);
    assert.deepEqual(others, []);
    assert.match(
      problem ?? "",
      /the secret orders-url \(edge-fleet:postgres\.orders\.url\): .* is not there; write the value/,
    );
  });

  it("names a program that is missing", async () => {
    const [problem] = await footprintProblems(root, footprint({ ports: {}, programs: ["no-such-program"] }), null);
    assert.match(problem ?? "", /no-such-program is not on this machine.*npm run setup/);
  });

  it("refuses a state folder too long for sockets, with the remedy", async () => {
    const [problem] = await footprintProblems(`${root}/${"long/".repeat(20)}`, footprint({ ports: {} }), null);
    assert.match(problem ?? "", /too long for UNIX sockets.*EDGE_STATE_DIR/);
  });
});
