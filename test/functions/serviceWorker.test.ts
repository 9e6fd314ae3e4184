import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, request as httpRequest, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, it } from "node:test";
import { TestRunner, until } from "../../runner/runnerFixture.ts";
import { Browser, findBrowser } from "./browser.ts";
import { documentedConfigs, readyFunction } from "./ready.ts";
import { Upstream } from "./upstream.ts";

const program = findBrowser();

describe("the catalog's service worker, in a browser", { skip: program === undefined && "no Chromium on PATH" }, () => {
  let upstream: Upstream;
  let runner: TestRunner;
  let door: Server;
  let browser: Browser;
  let isOnline = true;
  before(async () => {
    upstream = await new Upstream().listen();
    serve("one");
    runner = new TestRunner({ workers: 1, origins: [{ host: "127.0.0.1", port: upstream.port }] });
    await runner.start();
    const config = documentedConfigs().get("catalog");
    assert.ok(config);
    await runner.deploy({ catalog: await readyFunction(config, { UPSTREAM: `${upstream.url}/api` }) });
    door = doorOf(runner).listen(0, "127.0.0.1");
    await once(door, "listening");
    browser = await Browser.start(program as string);
    await browser.open(address("/catalog/"));
    await shows("one");
    await until("the worker is in charge", () => evaluates("navigator.serviceWorker.controller !== null"));
  });
  after(async () => {
    await browser?.close();
    door.close().closeAllConnections();
    await runner[Symbol.asyncDispose]();
    upstream.close();
  });

  const address = (path: string) => `http://localhost:${(door.address() as AddressInfo).port}${path}`;
  const evaluates = async (expression: string) => (await browser.evaluate(expression)) === true;
  const shows = (name: string) =>
    until(`the page shows ${name}`, () => evaluates(`document.querySelector("li")?.textContent === "${name}"`));
  const fetched = (path: string) =>
    browser.evaluate(`fetch("${path}", { credentials: "omit" }).then(async (r) => r.status + " " + await r.text())`);

  function serve(name: string): void {
    upstream.handlers.api = (_, response) =>
      response.setHeader("content-type", "application/json").end(JSON.stringify({ items: [{ name }] }));
  }

  /** HTTP on a port, as browsers want it, before the runner's socket; offline it answers nobody. */
  function doorOf({ config }: TestRunner): Server {
    return createServer((request, response) => {
      if (!isOnline) return request.socket.destroy();
      const { method, url: path, headers } = request;
      const onward = httpRequest({ socketPath: config.data, method, path, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      });
      onward.once("error", () => response.destroy());
      request.pipe(onward);
    });
  }

  it("gives what it has at once, and the newer one the next time", async () => {
    await until("it has the items", () => evaluates('caches.match("/catalog/api/items").then(Boolean)'));
    serve("two");
    await until("the newer one is there", async () => String(await fetched("/catalog/api/items")).includes("two"));
  });

  it("keeps what it has when the API fails", async () => {
    upstream.handlers.api = (_, response) => response.writeHead(500).end();
    for (let n = 0; n < 3; n++) assert.match(String(await fetched("/catalog/api/items")), /^200 .*two/);
    assert.match(String(await fetched("/catalog/api/items/none")), /^502 /);
    assert.equal(await browser.evaluate('caches.match("/catalog/api/items/none").then(Boolean)'), false);
    serve("two");
  });

  it("shows the page without a network, and says so of what it has not", async () => {
    isOnline = false;
    door.closeAllConnections();
    await browser.open(address("/catalog/"));
    await shows("two");
    assert.match(String(await fetched("/catalog/api/items/new")), /^503 no network/);
    isOnline = true;
  });

  it("keeps so much and no more, and leaves what is not its own", async () => {
    await browser.evaluate('caches.open("another").then((cache) => cache.put("/mine", new Response("mine")))');
    await browser.evaluate(
      'Promise.all(Array.from({ length: 90 }, (_, n) => fetch("/catalog/api/items/" + n).then((r) => r.text())))',
    );
    const kept = () => browser.evaluate('caches.open("catalog-1").then(async (cache) => (await cache.keys()).length)');
    await until("the oldest have made room", async () => Number(await kept()) <= 60);
    assert.equal(await browser.evaluate('caches.match("/catalog/style.css").then(Boolean)'), true);
    assert.equal(await browser.evaluate('caches.match("/mine").then((r) => r.text())'), "mine");
  });
});
