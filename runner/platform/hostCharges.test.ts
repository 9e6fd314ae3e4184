import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { TestRunner } from "../runnerFixture.ts";

/** The longest domain costs the host some milliseconds. */
const LONG_DOMAIN = 'const long = "http://" + "\\u00e4".repeat(1_000) + ".example/";';
const CONVERT_ON = "for (;;) URL.canParse(long);";
const TOLD = "const told = (error) => error.name + ': ' + error.message;";

const AT_START = `${LONG_DOMAIN} ${TOLD} let fault; const id = crypto.randomUUID(); const korean = new TextDecoder("euc-kr").decode(new Uint8Array([0xb0, 0xa1]));
try { ${CONVERT_ON} } catch (error) { fault = told(error); }
export default { fetch: () => Response.json([fault, id.length, korean]) };`;

const IN_REQUEST = `${LONG_DOMAIN} ${TOLD}
export default { fetch() { try { ${CONVERT_ON} } catch (error) { return Response.json(told(error)); } } };`;

/** Goes on after its answer; what became of that is told by the next request. */
const AFTERWARDS = `${TOLD} const seen = [];
const attempt = (work) => { try { seen.push(work()); } catch (error) { seen.push(told(error)); } };
async function goOn() {
  for (let step = 0; step < 100; step++) await undefined;
  attempt(() => new URL("http://b\\u00fccher.example/").host); attempt(() => crypto.randomUUID().length); attempt(() => new URL("http://plain.example/").host);
  attempt(() => new TextDecoder("gbk").decode(new Uint8Array(1)));
}
export default { fetch() { const told = seen.splice(0); void goOn(); return Response.json(told); } };`;

describe("what the host does at once is paid for", () => {
  let runner: TestRunner;
  before(async () => {
    runner = new TestRunner({ workers: 1 });
    await runner.start();
    await runner.deploy({
      start: { code: AT_START, routes: ["/start"], limits: { startMs: 1_000 } },
      request: { code: IN_REQUEST, routes: ["/request"], limits: { cpuMs: 1_000 } },
      afterwards: { code: AFTERWARDS, routes: ["/afterwards"] },
    });
  });
  after(() => runner[Symbol.asyncDispose]());

  const answerOf = async (path: string) => {
    const { status, body } = await runner.fetch(path);
    assert.equal(status, 200, body);
    return JSON.parse(body);
  };

  it("by the start at the module's top level", async () => {
    const [fault, idLength, korean] = await answerOf("/start");
    assert.match(fault, /^LimitError: startMs: 1\d+(\.\d+)? of 1000;/);
    assert.equal(idLength, 36);
    assert.equal(korean, "가");
  });

  it("by the request inside of it, which the function hears, or is ended by", async () => {
    const { status, body } = await runner.fetch("/request");
    if (status === 200) assert.match(JSON.parse(body), /^LimitError: cpuMs: 1\d+(\.\d+)? of 1000;/);
    else assert.deepEqual([status, JSON.parse(body).error.limit], [503, "cpuMs"]);
  });

  it("by nobody when the request is over: then it is not done", async () => {
    assert.deepEqual(await answerOf("/afterwards"), []);
    const [domain, id, plain, index] = await answerOf("/afterwards");
    const over = "works inside a request only, and this one is over; ctx.waitUntil(promise) keeps one open";
    assert.equal(domain, `Error: A URL with a domain that is not plain ASCII ${over}`);
    assert.equal(id, `Error: crypto ${over}`);
    assert.equal(plain, "plain.example");
    assert.equal(index, `Error: The first use of a TextDecoder for this encoding ${over}`);
  });
});
