import { BenchSandbox, lowAndMiddle, newEngine } from "./engine.ts";

/**
 * What a request costs in one isolate, 50 at a time, on the worker's own thread and on another one:
 * `node --no-node-snapshot runner/bench/dispatch.ts`.
 */
const AT_ONCE = 50;
const ROUND_MS = 1_000;
const ROUNDS = 5;
/** More offences than it could make up for in one round. */
const OFFENCES = 12;

interface Cost {
  readonly cpuMicros: number;
  readonly wallMicros: number;
}

const { fromSnapshot, functions } = await newEngine();

async function requestCost(sandbox: BenchSandbox): Promise<Cost> {
  let served = 0;
  const began = performance.now();
  const before = process.cpuUsage();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (performance.now() - began < ROUND_MS) {
        await sandbox.request();
        served++;
      }
    }),
  );
  const { user, system } = process.cpuUsage(before);
  return { cpuMicros: (user + system) / served, wallMicros: ((performance.now() - began) * 1_000) / served };
}

console.log("µs per request, lowest / median            CPU time              wall time");
for (const { name, text, form } of functions) {
  const newSandbox = async () => {
    const sandbox = new BenchSandbox({ text, form, takeIsolate: () => fromSnapshot.newIsolate(128) });
    await sandbox.start();
    return sandbox;
  };
  const kinds = [
    { kind: "own thread", sandbox: await newSandbox(), costs: [] as Cost[], isCalm: true },
    { kind: "another thread", sandbox: await newSandbox(), costs: [] as Cost[], isCalm: false },
  ];
  for (const { sandbox } of kinds) await requestCost(sandbox);
  for (let round = 0; round < ROUNDS; round++) {
    for (const { kind, sandbox, costs, isCalm } of kinds) {
      for (let offence = 0; !isCalm && offence < OFFENCES; offence++) sandbox.mode.offend();
      costs.push(await requestCost(sandbox));
      if (sandbox.mode.isCalm !== isCalm) console.log(`(${kind}: ${isCalm ? "not calm" : "calm"} after this round)`);
    }
  }
  for (const { kind, sandbox, costs } of kinds) {
    const cpu = lowAndMiddle(costs.map(({ cpuMicros }) => cpuMicros));
    console.log(
      `${`${name}, ${kind}`.padEnd(42)} ${cpu.padEnd(21)} ${lowAndMiddle(costs.map(({ wallMicros }) => wallMicros))}`,
    );
    sandbox.dispose();
  }
}
process.exit(0);
