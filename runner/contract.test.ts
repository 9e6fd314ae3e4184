import assert from "node:assert/strict";
import { it } from "node:test";
import type { EdgeContext, EdgeFunction, EdgeRequest, ScheduledEvent } from "./contract.ts";

const context: EdgeContext = { waitUntil() {}, passThroughOnException() {} };
const request = new Request("http://edge.test/a") as EdgeRequest;
const event: ScheduledEvent = { type: "scheduled", cron: "* * * * *", scheduledTime: 0, scope: "fleet", fencing: 1 };

// The compiler is the test: parameters have their types though none is written.
it("a function has fetch, scheduled or both", async () => {
  const seen: string[] = [];
  const fetches = { fetch: ({ url }, env) => new Response(`${url} ${env.NAME?.length}`) } satisfies EdgeFunction;
  const runs = {
    scheduled({ cron }, env, { waitUntil }) {
      waitUntil(Promise.resolve(env.NAME?.length));
      seen.push(cron);
    },
  } satisfies EdgeFunction;
  const both: EdgeFunction<{ readonly FACTOR: number }> = {
    fetch: async (_, { FACTOR }) => new Response((2 * FACTOR).toFixed(1)),
    async scheduled({ fencing }, { FACTOR }) {
      seen.push((fencing * FACTOR).toFixed(1));
    },
  };
  assert.equal(await fetches.fetch(request, { NAME: "abc" }).text(), "http://edge.test/a 3");
  runs.scheduled(event, {}, context);
  assert.equal(await (await both.fetch?.(request, { FACTOR: 3 }, context))?.text(), "6.0");
  await both.scheduled?.(event, { FACTOR: 2 }, context);
  assert.deepEqual(seen, ["* * * * *", "2.0"]);
});

it("a function without a handler, or with one that is none, has not its type", () => {
  const wrong = [
    // @ts-expect-error neither
    {} satisfies EdgeFunction,
    // @ts-expect-error no response
    { fetch: () => 1 } satisfies EdgeFunction,
    // @ts-expect-error a wrong name
    { fetch: () => new Response(), schedule() {} } satisfies EdgeFunction,
    // @ts-expect-error not a function
    { fetch: () => new Response(), scheduled: 1 } satisfies EdgeFunction,
  ];
  assert.equal(wrong.length, 4);
});
