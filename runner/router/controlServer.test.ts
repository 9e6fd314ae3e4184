import assert from "node:assert/strict";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { it } from "node:test";
import { newControlServer } from "./controlServer.ts";
import type { FunctionSwitches } from "./functionSwitches.ts";
import type { Metrics } from "./metrics.ts";
import type { Releases } from "./releases.ts";
import type { ScheduledRuns } from "./scheduledRuns.ts";

it("tells who asks for a function by a name that cannot be decoded what is wrong", async (t) => {
  const server = newControlServer({
    releases: {} as Releases,
    switches: {} as FunctionSwitches,
    runs: {} as ScheduledRuns,
    metrics: {} as Metrics,
  });
  t.after(() => server.close());
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  const body = '{"status": "active"}';
  const answer = await fetch(`http://127.0.0.1:${port}/functions/%`, { method: "POST", body });
  assert.equal(answer.status, 400);
  assert.match(((await answer.json()) as { error: string }).error, /"%" is no function's name/);
});
