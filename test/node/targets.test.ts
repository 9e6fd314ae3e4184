import assert from "node:assert/strict";
import http2 from "node:http2";
import { after, before, describe, it } from "node:test";
import { ERRORS } from "../../runner/errors.ts";
import { TARGET_EXAMPLES, type TargetExample } from "../../runner/routes/targetExamples.ts";
import { TARGET_RULES } from "../../runner/routes/targetRules.ts";
import { toDoor, toSocket } from "./clients.ts";
import { exchange } from "./rawExchange.ts";
import { TestNode } from "./testNode.ts";

const node = new TestNode();

before(() =>
  node.start({
    any: {
      code: "export default { fetch: (request) => new Response(request.url, { headers: { 'cache-control': 'no-store' } }) };",
      routes: ["/*"],
    },
  }),
);
after(() => node[Symbol.asyncDispose]());

/** What each of the three says of a request that nobody in front of it has looked at. */
const READERS = {
  HAProxy: () => toDoor(node),
  Varnish: () => toSocket(`${node.layout.run}/varnish.sock`),
  "the router": () => toSocket(node.runner.config.data),
};

for (const [reader, connect] of Object.entries(READERS)) {
  describe(`${reader}, by the one table of request targets`, () => {
    for (const example of TARGET_EXAMPLES) {
      const { target, host, rule } = example;
      // Varnish itself takes such a target apart before VCL sees it; from clients none comes past HAProxy.
      if (reader === "Varnish" && target.startsWith("http://")) continue;
      it(`${rule === null ? "passes" : "refuses"} ${shown(example)}`, async () => {
        const bytes = `GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
        const { answers, closed } = await exchange(await connect(), bytes);
        const [answer] = answers;
        if (rule === null) return assert.equal(answer?.status, 200, `${answer?.head}\n${answer?.body}`);
        // A parser that finds no request in the bytes says so before any rule, or only closes the connection.
        if (answer === undefined) return assert.ok(closed);
        const { code } = TARGET_RULES[rule];
        assert.ok([ERRORS[code].status, 400].includes(answer.status), `${answer.head}\n${answer.body}`);
      });
    }
  });
}

describe("over HTTP/2, HAProxy by the same table", () => {
  // There it takes the colon off a host itself.
  for (const example of TARGET_EXAMPLES.filter(({ host }) => host !== "edge.test:")) {
    it(`${example.rule === null ? "passes" : "refuses"} ${shown(example)}`, async () => {
      const status = await overHttp2(example);
      if (example.rule === null) assert.equal(status, 200);
      else assert.ok(status === "refused" || [400, 414].includes(status), `${status}`);
    });
  }
});

describe("what HAProxy says", () => {
  for (const [name, { code, detail }] of Object.entries(TARGET_RULES)) {
    // Bytes beyond ASCII, controls and fragments do not come past HAProxy's parser.
    if (name === "bytes" || name === "fragment") continue;
    it(`names what is wrong: ${name}`, async () => {
      const example = TARGET_EXAMPLES.find(({ rule, host }) => rule === name && host !== "") as TargetExample;
      const bytes = `GET ${example.target} HTTP/1.1\r\nHost: ${example.host}\r\n\r\n`;
      const [answer] = (await exchange(await toDoor(node), bytes)).answers;
      const { error, requestId } = JSON.parse(answer?.body ?? "");
      assert.deepEqual([answer?.status, error.code], [ERRORS[code].status, code]);
      assert.ok(error.message.endsWith(detail), error.message);
      assert.match(requestId, /^[0-9a-f-]{36}$/);
      assert.match(answer?.head ?? "", new RegExp(`x-request-id: ${requestId}`, "i"));
    });
  }
});

function shown({ target, host, rule }: TargetExample): string {
  const what = rule === "host" || host !== "edge.test" ? `the host ${JSON.stringify(host)}` : JSON.stringify(target);
  return what.length > 80 ? `${what.slice(0, 60)}… of ${what.length}` : what;
}

async function overHttp2({ target, host }: TargetExample): Promise<number | "refused"> {
  const socket = await toDoor(node, { ALPNProtocols: ["h2"] });
  const session = http2.connect("https://edge.test", { createConnection: () => socket });
  session.on("error", () => {});
  try {
    return await new Promise((resolve) => {
      const stream = session.request({ ":path": target, ":authority": host });
      stream.once("response", (headers) => resolve(headers[":status"] ?? 0));
      stream.once("error", () => resolve("refused"));
      stream.once("close", () => resolve("refused"));
      stream.resume().end();
    });
  } catch {
    return "refused";
  } finally {
    session.destroy();
  }
}
