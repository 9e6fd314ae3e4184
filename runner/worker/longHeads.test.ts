import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFAULT_LIMITS } from "../limits.ts";
import { parseSubRequestHead } from "./heads.ts";
import { parseJob } from "./hostWork/jobRequest.ts";
import { TO_HOST, TO_ISOLATE } from "./isolatePort.ts";
import { running } from "./runtimeFixture.ts";

const HEAD = { url: "http://a.example/", method: "GET", headers: [], redirect: "follow" };
const FETCH = JSON.stringify(HEAD);
const BIND = JSON.stringify({ binding: "NOTES", operation: "get", args: [] });

test("what an isolate wants is not read when it is longer than any that is right", () => {
  assert.deepEqual(parseSubRequestHead(FETCH), HEAD);
  assert.equal(parseSubRequestHead(FETCH + " ".repeat(300_000)), undefined);
  const job = JSON.stringify({ op: "digest", hash: "SHA-256", sizes: [] });
  assert.notEqual(parseJob(job, 9), undefined);
  assert.equal(parseJob(job + " ".repeat(1_024), 9), undefined);
});

for (const [what, kind, failed, max] of [
  ["sub-requests", TO_HOST.fetch, TO_ISOLATE.fetchFailed, DEFAULT_LIMITS.subRequests],
  ["operations of bindings", TO_HOST.bind, TO_ISOLATE.boundFailed, DEFAULT_LIMITS.bindingCalls],
] as const) {
  test(`${what} are counted before they are read, and the request pays for that`, async (t) => {
    const { says, seen, texts } = await running(t);
    const bomb = `[${"[],".repeat(1_000)}0]`;
    for (let id = 1; id <= max; id++) says(kind, id, bomb);
    assert.match(texts.at(-1) ?? "", /is not valid/);
    assert.ok(seen.chargedMs > 0);
    const charged = seen.chargedMs;
    says(kind, max + 1, bomb);
    assert.match(texts.at(-1) ?? "", /"limit":"(subRequests|bindingCalls)"/);
    assert.equal(seen.chargedMs, charged);
  });

  test(`${what} of a request that has had its CPU time are not read`, async (t) => {
    const { says, seen, entries, texts } = await running(t);
    seen.usedMs = DEFAULT_LIMITS.cpuMs + 1;
    says(kind, 1, kind === TO_HOST.fetch ? FETCH : BIND);
    assert.deepEqual(entries.at(-1), [failed, 1, 1]);
    assert.match(texts.at(-1) ?? "", /"limit":"cpuMs"/);
  });
}
