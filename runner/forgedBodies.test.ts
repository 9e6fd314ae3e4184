import assert from "node:assert/strict";
import { it } from "node:test";
import { TestRunner } from "./runnerFixture.ts";

const KB = 1024;

/** Gives the platform more bytes than it measured. */
const FORGER = `const bytesPrototype = Object.getPrototypeOf(Uint8Array.prototype);
    const { slice } = bytesPrototype;
    export default { async fetch(request) {
      bytesPrototype.slice = slice;
      const { searchParams } = new URL(request.url);
      const buffer = new ArrayBuffer(Number(searchParams.get("bytes")));
      const answer = new Response(new Uint8Array(8));
      const copies = searchParams.has("fetch") ? [new Uint8Array(new ArrayBuffer(16), 0, 8)] : [];
      bytesPrototype.slice = () => copies.shift() ?? { buffer };
      if (copies.length === 0) return answer;
      const sent = fetch("http://127.0.0.1:1/", { method: "POST", body: new Uint8Array(8) });
      bytesPrototype.slice = slice;
      return new Response(await sent.then(() => "fetched", (error) => error.message));
    } };`;

it("an isolate is not believed about the size of a body", async () => {
  await using runner = new TestRunner({ workers: 1 });
  await runner.start();
  await runner.deploy({ forger: { code: FORGER, routes: ["/forger"], limits: { responseBodyBytes: 300 * KB } } });
  const large = await runner.fetch(`/forger?bytes=${90 * KB * KB}`);
  assert.deepEqual([large.status, JSON.parse(large.body).error.limit], [502, "responseBodyBytes"]);
  const whole = await runner.fetch(`/forger?bytes=${300 * KB}`);
  assert.deepEqual([whole.status, JSON.parse(whole.body).error.code], [502, "ERR_FUNCTION_RESPONSE"]);
  assert.match((await runner.fetch(`/forger?fetch&bytes=${300 * KB}`)).body, /not valid/);
});
