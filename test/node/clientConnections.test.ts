import assert from "node:assert/strict";
import net from "node:net";
import { after, before, describe, it } from "node:test";
import type tls from "node:tls";
import { DEFAULT_SIZE } from "../../components/config/schema.ts";
import { until } from "../../runner/runnerFixture.ts";
import { toDoor } from "./clients.ts";
import { proxyHeader } from "./proxyHeader.ts";
import { exchange } from "./rawExchange.ts";
import { TestNode } from "./testNode.ts";

const LIMIT = 10;
/** Behind it there are clients of any address; from others the address is that of the connection. */
const BALANCER = "127.9.0.1";
const GET = "GET /x HTTP/1.1\r\nHost: edge.test\r\n\r\n";

const node = new TestNode({
  loadBalancers: ["127.9.0.0/24"],
  size: { ...DEFAULT_SIZE, workers: 1, clientConnections: LIMIT },
});
const open = new Set<net.Socket>();

before(() => node.start({ x: { code: "export default { fetch: () => new Response('x') };", routes: ["/x"] } }));
after(async () => {
  for (const socket of open) socket.destroy();
  await node[Symbol.asyncDispose]();
});

/** Ways in which a client of this address comes: by itself, and through the load balancer. */
const WAYS = {
  "by itself": {
    connect: (address: string) => plain(address),
    addresses: ["127.8.0.1", "127.8.0.2"],
    cut: "connections",
  },
  "through a load balancer": {
    connect: async (address: string) => {
      const socket = await plain(BALANCER);
      socket.write(proxyHeader(address));
      return socket;
    },
    addresses: ["198.51.100.7", "198.51.100.8"],
    cut: "sessions",
  },
} as const;

for (const [way, { connect, addresses, cut }] of Object.entries(WAYS)) {
  describe(`a client that comes ${way}`, () => {
    const [greedy, modest] = addresses;
    const ask = async (address: string) => {
      const socket = await toDoor(node, { socket: await connect(address) });
      keep(socket);
      return { socket, answer: (await exchange(socket, GET, { staysOpen: true })).answers[0] };
    };

    it("may have as many connections as the limit says, and is told by name on further ones", async () => {
      const asked: { socket: tls.TLSSocket; answer: { status: number; body: string } | undefined }[] = [];
      const deniedBefore = await counted("requests_denied");
      while (asked.length < LIMIT) asked.push(await ask(greedy));
      assert.deepEqual(new Set(asked.map(({ answer }) => answer?.status)), new Set([200]));
      const { answer } = await ask(greedy);
      assert.equal(answer?.status, 429);
      assert.equal(JSON.parse(answer?.body ?? "").error.code, "ERR_CLIENT_CONNECTIONS");
      assert.equal(await counted("requests_denied"), deniedBefore + 1);
    });

    it("takes nothing from others, nor from the machine itself", async () => {
      assert.equal((await ask(modest)).answer?.status, 200);
      const [answer] = (await exchange(await toDoor(node), GET)).answers;
      assert.equal(answer?.status, 200);
    });

    it("is cut off beyond twice the limit, which is counted", async () => {
      const cutBefore = await counted(`denied_${cut}`);
      for (let count = LIMIT + 1; count < 2 * LIMIT; count++) assert.equal((await ask(greedy)).answer?.status, 429);
      // Through a load balancer TLS comes first.
      const cutOff = await ask(greedy).catch(() => null);
      assert.equal(cutOff?.answer, undefined);
      assert.ok((await counted(`denied_${cut}`)) > cutBefore);
    });

    it("is served again when it has closed what it had", async () => {
      for (const socket of open) socket.destroy();
      open.clear();
      await until("its connections are forgotten", async () => (await ask(greedy)).answer?.status === 200);
    });
  });
}

function plain(localAddress: string): Promise<net.Socket> {
  const { address: host, ports } = node.config;
  const socket = keep(net.connect({ port: ports.https, host, localAddress }));
  return new Promise((resolve, reject) => {
    socket.once("connect", () => resolve(socket)).once("error", reject);
  });
}

function keep<Kept extends net.Socket>(socket: Kept): Kept {
  open.add(socket);
  socket.on("error", () => {});
  return socket;
}

async function counted(what: string): Promise<number> {
  const { body } = await node.plain("/metrics", node.config.ports.haproxyMetrics);
  return Number(new RegExp(`^haproxy_frontend_${what}_total\\{proxy="https"\\} (\\d+)`, "m").exec(body)?.[1]);
}
