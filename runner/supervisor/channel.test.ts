import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, beforeEach, describe, it } from "node:test";
import { listenOnSocket } from "../protocol/listen.ts";
import { SandboxPort } from "../router/sandboxPort.ts";
import { until } from "../runnerFixture.ts";
import { asToRouter, type Death, type Layers } from "./messages.ts";
import { RouterConnection } from "./routerConnection.ts";

const LAYERS = { network: true, seccomp: false };
const DEATH: Death = { process: "worker", slot: 1, cause: "memory" };
const dir = mkdtempSync(join(tmpdir(), "edge-channel-"));
after(() => rmSync(dir, { recursive: true, force: true }));
let path = "";
beforeEach((context) => {
  path = join(dir, `${context.name.length}-${process.hrtime.bigint() % 100_000n}.sock`);
});

/** A router's end that notes what it is told. */
async function newRouter() {
  const deaths: Death[] = [];
  const layers: (Layers | null)[] = [];
  const port = new SandboxPort({
    death: (death) => deaths.push(death),
    layers: (seen) => layers.push(seen),
    linesDropped: () => {},
  });
  const sockets = new Set<Socket>();
  port.server.on("connection", (socket) => sockets.add(socket));
  await listenOnSocket(port.server, path, 0o600);
  const close = () => {
    port.server.close();
    for (const socket of sockets) socket.destroy();
  };
  return { port, deaths, layers, close };
}

function newSupervisor(silentMs?: number) {
  const wishes: (readonly number[])[] = [];
  const connection = new RouterConnection({
    path,
    layers: LAYERS,
    privateSlots: (slots) => wishes.push(slots),
    ...(silentMs === undefined ? {} : { silentMs }),
  });
  return { connection, wishes, close: () => connection.close() };
}

describe("the channel between the workers' supervisor and the router", () => {
  it("tells layers, deaths and wishes, whichever side was there first", async () => {
    const supervisor = newSupervisor();
    supervisor.connection.tell(DEATH);
    const router = await newRouter();
    router.port.startPrivate(5);
    await until("the layers are known", () => router.port.layers !== null);
    assert.deepEqual(router.port.layers, LAYERS);
    await until("the death that waited is told", () => router.deaths.length === 1);
    supervisor.connection.tell({ ...DEATH, cause: "stuck" });
    await until("the next one too", () => router.deaths.length === 2);
    assert.deepEqual(router.deaths, [DEATH, { ...DEATH, cause: "stuck" }]);
    router.port.startPrivate(6);
    router.port.stopPrivate(5);
    await until("the wish has arrived", () => supervisor.wishes.at(-1)?.join() === "6");
    supervisor.close();
    await until("the router sees it go", () => router.port.layers === null);
    router.close();
  });

  it("stops private slots when the router goes, and has them back with the wish of the next one", async () => {
    const first = await newRouter();
    const supervisor = newSupervisor();
    first.port.startPrivate(5);
    await until("the wish has arrived", () => supervisor.wishes.at(-1)?.join() === "5");
    first.close();
    await until("nothing is wished", () => supervisor.wishes.at(-1)?.length === 0);
    const second = await newRouter();
    second.port.startPrivate(7);
    await until("the new wish has arrived", () => supervisor.wishes.at(-1)?.join() === "7");
    supervisor.close();
    second.close();
  });

  it("gives the newest supervisor its due when an older one is still connected", async () => {
    const router = await newRouter();
    const old = newSupervisor();
    await until("the old one is there", () => old.connection.isOpen);
    old.close();
    const half = connect(path).resume();
    await new Promise((resolve) => half.once("connect", resolve));
    const fresh = newSupervisor();
    await until("the new one is known", () => router.port.layers !== null);
    await until("the silent one is let go", () => half.destroyed);
    fresh.close();
    router.close();
  });

  it("closes on a message that it does not know, and on a line that never ends", async () => {
    const router = await newRouter();
    for (const text of [
      '{"type":"death","process":"init","slot":0,"cause":"exit"}\n',
      "no json\n",
      "x".repeat(70_000),
    ]) {
      const peer = connect(path).resume();
      peer.on("error", () => {});
      peer.write(text);
      await until("the peer is let go", () => peer.destroyed);
    }
    assert.deepEqual(router.deaths, []);
    router.close();
  });

  it("lets a peer go that says nothing", async () => {
    let connections = 0;
    const mute: Server = createServer(() => connections++);
    await listenOnSocket(mute, path, 0o600);
    const supervisor = newSupervisor(200);
    await until("it has come back", () => connections >= 2);
    supervisor.close();
    mute.close();
  });

  it("believes no more layers than a supervisor can have", () => {
    const many = Object.fromEntries(
      Array.from({ length: 33 }, (_, index) => [`l${"x".repeat(index % 31)}${index}`, true]),
    );
    assert.equal(asToRouter({ type: "layers", layers: many }), undefined);
    assert.equal(asToRouter({ type: "layers", layers: { 'a"b': true } }), undefined);
    assert.deepEqual(asToRouter({ type: "layers", layers: LAYERS, more: 1 }), { type: "layers", layers: LAYERS });
  });
});
