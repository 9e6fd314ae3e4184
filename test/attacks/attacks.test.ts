import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { linuxOnly, processesOf } from "../../runner/runnerProcesses.ts";
import type { Attack, Cost } from "./attack.ts";
import { AttackBench, attackers, type Observation } from "./bench.ts";
import { BINDING_ATTACKS } from "./table/bindings.ts";
import { CRYPTO_ATTACKS } from "./table/crypto.ts";
import { ESCAPE_ATTACKS } from "./table/escapes.ts";
import { HOST_ATTACKS } from "./table/host.ts";
import { MEMORY_ATTACKS } from "./table/memory.ts";
import { TIME_ATTACKS } from "./table/time.ts";
import { WASM_ATTACKS } from "./table/wasm.ts";

const TABLES: Readonly<Record<string, readonly Attack[]>> = {
  "growth without end": MEMORY_ATTACKS,
  "work without end": TIME_ATTACKS,
  "ways out of the isolate": ESCAPE_ATTACKS,
  "work left to the host": HOST_ATTACKS,
  cryptography: CRYPTO_ATTACKS,
  "hostile WebAssembly": WASM_ATTACKS,
  "work left to the broker": BINDING_ATTACKS,
};

for (const [title, attacks] of Object.entries(TABLES)) {
  describe(`neighbours feel nothing of ${title}`, linuxOnly, () => {
    const bench = new AttackBench();
    let lost = 0;
    before(() => bench.start(attackers(attacks)));
    after(async () => {
      await bench[Symbol.asyncDispose]();
      assert.deepEqual(processesOf(bench.runner.dir), [], "a process outlives its runner");
    });

    for (const attack of attacks) {
      it(attack.name, async (t) => {
        const seen = await bench.run(attack);
        lost += seen.neighbours.lost;
        t.diagnostic(figures(seen));
        for (const outcome of seen.outcomes) {
          assert.ok(isExpected(attack, outcome), `${outcome} instead of ${attack.expect.join(", ")}`);
        }
        assert.deepEqual(seen.neighbours.failed, [], "neighbours' requests failed");
        assert.ok(seen.neighbours.requests > 0, "neighbours were asked meanwhile");
        assertCost(attack.cost, seen);
        const { p99Ms } = seen.neighbours;
        assert.ok(p99Ms < (attack.neighboursP99Ms ?? Number.POSITIVE_INFINITY), `neighbours waited: p99 ${p99Ms} ms`);
        if (attack.calmAfterwards) {
          assert.equal((await bench.runner.fetch(`/attack/${attack.name}`)).body, "calm");
        }
      });
    }

    it("every lost request was answered with the typed 502 and counted, and no process is left over", async () => {
      assert.equal(await bench.countedLosses(), lost);
      assert.deepEqual(bench.zombies(), []);
    });
  });
}

/** On a machine that is busy with others, the wall time of an attack that uses the CPU may be over first. */
function isExpected({ expect }: Attack, outcome: string): boolean {
  return expect.includes(outcome) || (outcome === "ERR_LIMIT_WALL_MS" && expect.includes("ERR_LIMIT_CPU_MS"));
}

function assertCost(cost: Cost, { deaths }: Observation): void {
  if (cost !== "process") assert.deepEqual(deaths, [], "a process died");
}

function figures({ outcomes, tookMs, neighbours, deaths, workerMb }: Observation): string {
  const said = [...new Set(outcomes)].join(" ");
  const died = deaths.map(({ process, cause, replacedMs }) => `${process} ${cause}, back after ${replacedMs} ms`);
  return [
    `${said} after ${Math.round(tookMs)} ms`,
    `neighbours ${neighbours.requests}, lost ${neighbours.lost}, p99 ${neighbours.p99Ms.toFixed(1)} ms, longest ${neighbours.longestMs.toFixed(0)} ms`,
    `worker ${workerMb} MB`,
    ...died,
  ].join("; ");
}
