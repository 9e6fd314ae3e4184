import assert from "node:assert/strict";
import type { Server } from "node:http";
import { describe, it } from "node:test";
import { Refusal } from "./destination.ts";
import { get, http, newEgress, PUBLIC, servers, text } from "./egressFixture.ts";

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
});
