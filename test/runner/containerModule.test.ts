import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, it } from "node:test";
import { containerModule } from "../../components/functions/containerModule.ts";
import { TestRunner } from "../../runner/runnerFixture.ts";

const sha256 = (bytes: string) => createHash("sha256").update(bytes).digest("hex");

describe("a function that is a container", () => {
  /** What a container might be: it tells what reached it. */
  const container = http.createServer(async (request, response) => {
    const { method, url = "", headers } = request;
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += chunk;
    if (url === "/box/away") response.writeHead(307, { location: "https://elsewhere.example/" });
    if (url === "/box/gone") return void request.socket.destroy();
    if (url === "/box/tea") response.writeHead(418, { "x-kind": "green", "set-cookie": ["a=1", "b=2"] });
    const { "x-forwarded-host": forwarded, traceparent } = headers;
    response.end(
      JSON.stringify({ method, url, forwarded, trace: traceparent, bytes: body.length, hash: sha256(body) }),
    );
  });
  let runner: TestRunner;

  before(async () => {
    container.listen(0, "127.0.0.1");
    await once(container, "listening");
    const { port } = container.address() as AddressInfo;
    runner = new TestRunner({ origins: [{ host: "127.0.0.1", port }] });
    await runner.start();
    const code = containerModule({ name: "box", host: "127.0.0.1", port });
    await runner.deploy({ box: { code, routes: ["/box/*"], egress: { allow: [`127.0.0.1:${port}`] } } });
  });
  after(async () => {
    container.closeAllConnections();
    container.close();
    await runner[Symbol.asyncDispose]();
  });

  it("is handed method, path, query and body as they came, and told the name that the client asked for", async () => {
    const body = randomBytes(1_000_000).toString("base64");
    const answer = await runner.fetch("/box/a%20b?c=%2F&c=2", { method: "PUT", body });
    const { trace, ...told } = JSON.parse(answer.body);
    assert.deepEqual(told, {
      ...{ method: "PUT", url: "/box/a%20b?c=%2F&c=2", forwarded: "edge.example" },
      ...{ bytes: body.length, hash: sha256(body) },
    });
    assert.match(trace, /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  });

  it("answers with its own status and headers, and redirects its client, not us", async () => {
    const tea = await runner.fetch("/box/tea");
    assert.deepEqual([tea.status, tea.headers["x-kind"], tea.headers["set-cookie"]], [418, "green", ["a=1", "b=2"]]);
    const away = await runner.fetch("/box/away");
    assert.deepEqual([away.status, away.headers.location], [307, "https://elsewhere.example/"]);
  });

  it("is a typed 502 while it breaks off or is away", async () => {
    const broken = await runner.fetch("/box/gone", { method: "POST", headers: { "x-request-id": "request-1" } });
    const { error, requestId } = JSON.parse(broken.body);
    assert.deepEqual(
      [broken.status, error.code, broken.headers["retry-after"]],
      [502, "ERR_CONTAINER_UNAVAILABLE", "1"],
    );
    assert.match(error.message, /It is box\.$/);
    assert.equal(requestId, "request-1");
    container.closeAllConnections();
    container.close();
    await once(container, "close");
    assert.equal(JSON.parse((await runner.fetch("/box/")).body).error.code, "ERR_CONTAINER_UNAVAILABLE");
  });
});
