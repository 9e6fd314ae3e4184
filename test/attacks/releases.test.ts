import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { TestFunction } from "../../runner/runnerFixture.ts";
import { linuxOnly } from "../../runner/runnerProcesses.ts";
import { AttackBench } from "./bench.ts";

const HANDLER = "export default { fetch: () => new Response('ok') };";

/** What a module does before its first request; each is refused, with a reason of which this is a part. */
const HOSTILE_STARTS: Readonly<Record<string, { readonly code: string; readonly says: RegExp }>> = {
  "loops at its top level": { code: `for (;;); ${HANDLER}`, says: /startMs|did not end/ },
  "loops in promises": { code: `for (;;) await null; ${HANDLER}`, says: /startMs|did not end/ },
  "grows at its top level": { code: `const a = []; for (;;) a.push({ a: [1] }); ${HANDLER}`, says: /heapMb|startMs/ },
  "fills what cannot be stopped": {
    code: `const a = []; for (;;) a.push(new Array(1 << 27).fill(1.5)); ${HANDLER}`,
    says: /heapMb|startMs|took its process down|stopped/,
  },
  "splits a huge string": {
    code: `"ab".repeat(2e8).split(""); ${HANDLER}`,
    says: /heapMb|startMs|took its process down|stopped/,
  },
  throws: { code: `throw new Error("no start"); ${HANDLER}`, says: /no start/ },
  "throws what cannot be read": {
    code: `throw new Proxy({}, { get() { throw 1; } }); ${HANDLER}`,
    says: /./,
  },
  "is no module": { code: "export default {", says: /SyntaxError|Unexpected/ },
  "has no handler": { code: "export default 42;", says: /exports no handler/ },
  "has a handler that loops when it is looked at": {
    code: "export default { get fetch() { for (;;); } };",
    says: /startMs|did not end/,
  },
  "has a proxy as its handler": {
    code: "export default new Proxy({}, { get() { throw new Error('looked at'); } });",
    says: /looked at|exports no handler|threw/,
  },
  "imports what is not its own": { code: `import fs from "node:fs"; ${HANDLER}`, says: /node:fs/ },
  "asks others at its top level": { code: `await fetch("http://example.com/"); ${HANDLER}`, says: /inside a request/ },
  "sets a timer at its top level": { code: `setInterval(() => {}, 1); ${HANDLER}`, says: /inside a request/ },
};

/** The same code in two functions, so that whatever is kept by content is shared between them. */
const TWIN = `globalThis.visits = (globalThis.visits ?? 0) + 1;
let kept;
export default { fetch(request, env) {
  kept ??= env.SECRET;
  Object.prototype.poisoned ??= env.SECRET; Array.prototype.push.mark ??= env.SECRET; globalThis.shared ??= env.SECRET;
  return Response.json([env.SECRET, kept, ({}).poisoned, [].push.mark, globalThis.shared, globalThis.visits]);
} };`;

describe("neighbours feel nothing of hostile releases", linuxOnly, () => {
  const bench = new AttackBench();
  const twins: Record<string, TestFunction> = {
    left: { code: TWIN, routes: ["/left"], env: { SECRET: "of-left" } },
    right: { code: TWIN, routes: ["/right"], env: { SECRET: "of-right" } },
  };
  before(() => bench.start(twins));
  after(() => bench[Symbol.asyncDispose]());

  for (const [what, { code, says }] of Object.entries(HOSTILE_STARTS)) {
    it(`is refused with its reason when a function ${what}`, async (t) => {
      const hostile = { code, routes: ["/hostile"], limits: { heapMb: 64, startMs: 200 } };
      const release = bench.runner.writeRelease({ ...bench.functions, hostile });
      const seen = await bench.observe(async () => {
        const { status, body } = await bench.runner.activate(release);
        assert.equal(status, 422, body);
        assert.match(JSON.parse(body).reason, says);
        return [];
      });
      t.diagnostic(`refused after ${Math.round(seen.tookMs)} ms; ${seen.deaths.length} processes lost`);
      assert.deepEqual(seen.neighbours.failed, []);
      assert.equal((await bench.runner.fetch("/hostile")).status, 404);
    });
  }

  it("shares nothing between two functions of the same code", async () => {
    for (let round = 0; round < 20; round++) {
      for (const side of ["left", "right"]) {
        const { body } = await bench.runner.fetch(`/${side}`);
        const seen = JSON.parse(body);
        assert.deepEqual(new Set(seen.slice(0, 5)), new Set([`of-${side}`]), body);
      }
    }
  });

  it("takes a good release afterwards", async () => {
    const good = { code: HANDLER, routes: ["/good"] };
    await bench.runner.deploy({ ...bench.functions, good });
    assert.equal((await bench.runner.fetch("/good")).body, "ok");
  });
});
