import assert from "node:assert/strict";
import { createServer as createHttpServer, type RequestListener, type Server } from "node:http";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { after, describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import type { SubRequestHead } from "../protocol/messages.ts";
import { AllowList } from "./allowList.ts";
import { type Destination, EgressRules, Refusal } from "./destination.ts";
import { Egress, type SubResponse } from "./egress.ts";

/** Takes one loopback address for public, so that names can be tried without leaving the machine. */
class LoopbackRules extends EgressRules {
  override checkAddresses(destination: Destination, addresses: readonly string[]): void {
    if (destination.isOrigin || addresses.every((address) => address === PUBLIC)) return;
    throw new Refusal("address", "not public");
  }
}

const PUBLIC = "127.0.0.2";
const servers: { close(): unknown }[] = [];
after(() => {
  for (const server of servers) server.close();
});

async function listen<T extends Server | ReturnType<typeof createServer>>(
  server: T,
  host: string,
  port = 0,
): Promise<number> {
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
  servers.push(server);
  return (server.address() as AddressInfo).port;
}

function http(listener: RequestListener, host = PUBLIC, port = 0): Promise<number> {
  return listen(createHttpServer(listener), host, port);
}

/** An origin that says whatever it likes. */
function raw(answer: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => answer(socket));
  });
  return listen(server, PUBLIC);
}

function newEgress(names: Record<string, readonly string[]> = {}, origins: { host: string; port: number }[] = []) {
  const asked: string[] = [];
  const egress = new Egress(new LoopbackRules({ origins, denied: [], machine: [] }), async (name) => {
    asked.push(name);
    return names[name] ?? [PUBLIC];
  });
  return { egress, asked, names };
}

interface Call {
  readonly owner?: string;
  readonly allow?: readonly string[];
  readonly head?: Partial<SubRequestHead>;
  readonly body?: Buffer;
  readonly signal?: AbortSignal;
  readonly hopsMax?: number;
}

function get(
  egress: Egress,
  url: string,
  { owner = "one", allow, head, body, signal, hopsMax = 50 }: Call = {},
): Promise<SubResponse> {
  return egress.fetch({
    head: { url, method: "GET", headers: [], redirect: "follow", ...head },
    body: body ?? Buffer.alloc(0),
    owner,
    allow: new AllowList(allow ?? null),
    signal: signal ?? new AbortController().signal,
    mayFollow: async () => hopsMax-- > 0,
  });
}

async function text({ body }: SubResponse): Promise<string> {
  return Buffer.concat(await body.toArray()).toString("utf8");
}

describe("egress", () => {
  it("connects to the address that was judged, whatever the name means a moment later", async () => {
    const port = await http((_, response) => response.end("public"));
    await http((_, response) => response.end("trap"), "127.0.0.1", port);
    const { egress, names } = newEgress({ "rebind.example": [PUBLIC] });
    const first = get(egress, `http://rebind.example:${port}/`);
    names["rebind.example"] = ["127.0.0.1"];
    assert.equal(await text(await first), "public");
    // The kept connection is not a way around the second judgement.
    await assert.rejects(get(egress, `http://rebind.example:${port}/`), Refusal);
  });

  it("keeps connections apart by function and by judged address", async () => {
    const clients: (number | undefined)[] = [];
    const port = await http((request, response) => {
      clients.push(request.socket.remotePort);
      response.end();
    });
    const { egress } = newEgress();
    for (const owner of ["one", "one", "two"]) {
      await text(await get(egress, `http://kept.example:${port}/`, { owner }));
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.equal(clients[0], clients[1]);
    assert.notEqual(clients[1], clients[2]);
  });

  it("judges every hop of a redirect", async () => {
    const secret = await http((_, response) => response.end("secret"), "127.0.0.1");
    const port = await http((request, response) => {
      const to = {
        "/ip": `http://127.0.0.1:${secret}/`,
        "/name": "http://inside.example/",
        "/file": "file:///etc/passwd",
      };
      response.writeHead(302, { location: to[request.url as keyof typeof to] ?? "http://other.example/" }).end();
    });
    const { egress } = newEgress({ "inside.example": ["127.0.0.1"] });
    for (const path of ["/ip", "/name", "/file"]) {
      await assert.rejects(get(egress, `http://hop.example:${port}${path}`), Refusal, path);
    }
    const allow = [`hop.example:${port}`];
    await assert.rejects(
      get(egress, `http://hop.example:${port}/`, { allow }),
      /other\.example:80 is not in the function's egress.allow/,
    );
  });

  it("gives up on redirects without end, and after as many as the request has left", async () => {
    let served = 0;
    const port = await http((_, response) => {
      served++;
      response.writeHead(302, { location: "/" }).end();
    });
    const { egress } = newEgress();
    await assert.rejects(get(egress, `http://loop.example:${port}/`), /redirects more than 20 times/);
    assert.equal(served, 21);
    await assert.rejects(get(egress, `http://loop.example:${port}/`, { hopsMax: 2 }), /than the request may follow/);
    assert.equal(served, 24);
  });

  it("drops credentials on the way to another origin and turns a POST into a GET", async () => {
    const seen: unknown[] = [];
    const port = await http((request, response) => {
      if (request.url === "/from")
        return void response.writeHead(302, { location: `http://b.example:${port}/to` }).end();
      seen.push([
        request.method,
        request.headers.authorization,
        request.headers.cookie,
        request.headers["x-mine"],
        request.headers["content-type"],
      ]);
      response.end();
    });
    const { egress } = newEgress();
    const headers: [string, string][] = [
      ["Authorization", "x"],
      ["cookie", "y"],
      ["x-mine", "z"],
      ["content-type", "text/plain"],
    ];
    await text(
      await get(egress, `http://a.example:${port}/from`, { head: { method: "POST", headers }, body: Buffer.from("b") }),
    );
    assert.deepEqual(seen, [["GET", undefined, undefined, "z", undefined]]);
  });

  it("tells nothing of an origin's address when it cannot be reached", async () => {
    const port = await http(() => {});
    (servers.pop() as Server).close();
    const { egress } = newEgress({}, [{ host: "localhost", port }]);
    await assert.rejects(get(egress, `http://localhost:${port}/`), (error: Error) => {
      assert.match(error.message, /ECONNREFUSED/);
      assert.doesNotMatch(error.message, /127\.0|::1/);
      return true;
    });
  });

  it("undoes content encodings piece by piece: a bomb grows only as it is read", async () => {
    const bomb = gzipSync(Buffer.alloc(256 * 1024 * 1024));
    const port = await http((_, response) => response.writeHead(200, { "content-encoding": "gzip" }).end(bomb));
    const { egress } = newEgress();
    const { head, body } = await get(egress, `http://bomb.example:${port}/`);
    assert.equal(
      head.headers.find(([name]) => name === "content-encoding"),
      undefined,
    );
    const before = process.memoryUsage.rss();
    let size = 0;
    for await (const chunk of body) {
      size += chunk.length;
      if (size > 1024 * 1024) break;
    }
    assert.ok(body.destroyed);
    assert.ok(process.memoryUsage.rss() - before < 64 * 1024 * 1024);
  });

  it("keeps an encoding that it does not know, and a HEAD answer's headers", async () => {
    const port = await http((_, response) =>
      response.writeHead(200, { "content-encoding": "zip64", "content-length": "3" }).end("abc"),
    );
    const { egress } = newEgress();
    const unknown = await get(egress, `http://odd.example:${port}/`);
    assert.deepEqual(
      unknown.head.headers.find(([name]) => name === "content-encoding"),
      ["content-encoding", "zip64"],
    );
    assert.equal(await text(unknown), "abc");
    const head = await get(egress, `http://odd.example:${port}/`, { head: { method: "HEAD" } });
    assert.equal(await text(head), "");
  });

  it("refuses methods and headers that would change the connection", async () => {
    const seen: unknown[] = [];
    const port = await http((request, response) => {
      seen.push([
        request.headers.host,
        request.headers.connection,
        request.headers["transfer-encoding"],
        request.headers.te,
      ]);
      response.end();
    });
    const { egress } = newEgress();
    for (const method of ["CONNECT", "trace", "GET /x HTTP/1.1\r\nx: y"]) {
      await assert.rejects(get(egress, `http://m.example:${port}/`, { head: { method } }), Refusal);
    }
    const headers: [string, string][] = [
      ["Host", "other"],
      ["Connection", "upgrade"],
      ["Transfer-Encoding", "chunked"],
      ["TE", "x"],
      ["Upgrade", "h2c"],
    ];
    await text(await get(egress, `http://m.example:${port}/`, { head: { headers } }));
    assert.deepEqual(seen, [[`m.example:${port}`, "keep-alive", undefined, undefined]]);
    const split: [string, string][] = [["x", "a\r\nevil: 1"]];
    await assert.rejects(get(egress, `http://m.example:${port}/`, { head: { headers: split } }));
  });

  const HOSTILE: [title: string, answer: (socket: Socket) => void, message: RegExp][] = [
    ["headers without end", flood("HTTP/1.1 200 OK\r\n", "x-more: 0123456789\r\n"), /HPE_HEADER_OVERFLOW/],
    ["interim answers without end", flood("", "HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n"), /8 interim answers/],
    [
      "an unasked upgrade",
      (socket) => socket.end("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\nabc"),
      /failed/,
    ],
    ["no HTTP", (socket) => socket.end("SSH-2.0-OpenSSH\r\n"), /it sends no valid HTTP/],
    [
      "two lengths",
      (socket) => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab"),
      /it sends no valid HTTP/,
    ],
    [
      "a length and chunks",
      (socket) => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"),
      /it sends no valid HTTP/,
    ],
    ["nothing, and goes", (socket) => socket.end(), /ECONNRESET/],
  ];
  for (const [title, answer, message] of HOSTILE) {
    it(`survives an origin that sends ${title}`, async () => {
      const port = await raw(answer);
      const { egress } = newEgress();
      await assert.rejects(get(egress, `http://hostile.example:${port}/`), message);
    });
  }

  const BROKEN: [title: string, answer: string][] = [
    ["is cut", "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc"],
    ["has a broken chunk", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabcZZ"],
    ["is no gzip", "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 6\r\n\r\nabcdef"],
  ];
  for (const [title, answer] of BROKEN) {
    it(`gives an error for a body that ${title}`, async () => {
      const port = await raw((socket) => socket.end(answer));
      const { egress } = newEgress();
      const response = await get(egress, `http://broken.example:${port}/`);
      await assert.rejects(text(response));
    });
  }

  it("closes the connection when the function gives up", async () => {
    let closed: (() => void) | undefined;
    const gone = new Promise<void>((resolve) => {
      closed = resolve;
    });
    const port = await http((_, response) => {
      response.write("a");
      response.on("close", () => closed?.());
    });
    const { egress } = newEgress();
    const controller = new AbortController();
    const { body } = await get(egress, `http://slow.example:${port}/`, { signal: controller.signal });
    body.on("error", () => {});
    controller.abort();
    await gone;
  });
});

function flood(start: string, line: string): (socket: Socket) => void {
  return (socket) => {
    socket.write(start);
    const more = () => {
      while (!socket.destroyed && socket.write(line.repeat(50)));
      if (!socket.destroyed) socket.once("drain", more);
    };
    more();
  };
}
