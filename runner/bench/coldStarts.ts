import { BenchSandbox, lowAndMiddle, newEngine } from "./engine.ts";

/** Cold starts, kinds interleaved round by round: `node --no-node-snapshot runner/bench/coldStarts.ts`. */
const ROUNDS = 15;
const HEAP_MB = 128;

const { evaluated, fromSnapshot, functions } = await newEngine();
const KINDS = [
  { kind: "platform evaluated, source", platform: evaluated, isSpare: false, isCompiled: false },
  { kind: "snapshot, source", platform: fromSnapshot, isSpare: false, isCompiled: false },
  { kind: "snapshot, compiled", platform: fromSnapshot, isSpare: false, isCompiled: true },
  { kind: "spare, source", platform: fromSnapshot, isSpare: true, isCompiled: false },
  { kind: "spare, compiled", platform: fromSnapshot, isSpare: true, isCompiled: true },
] as const;

const seen = new Map<string, { start: number[]; first: number[] }>();
for (let round = 0; round < ROUNDS; round++) {
  for (const { name, text, form } of functions) {
    for (const { kind, platform, isSpare, isCompiled } of KINDS) {
      const spare = isSpare ? await platform.newIsolate(HEAP_MB) : undefined;
      const sandbox = new BenchSandbox({
        text,
        form: isCompiled ? form : undefined,
        takeIsolate: async () => spare ?? platform.newIsolate(HEAP_MB),
      });
      const began = performance.now();
      await sandbox.start();
      const started = performance.now();
      await sandbox.request();
      const times = seen.get(`${name}: ${kind}`) ?? { start: [], first: [] };
      times.start.push(started - began);
      times.first.push(performance.now() - started);
      seen.set(`${name}: ${kind}`, times);
      sandbox.dispose();
    }
  }
}
console.log("ms, lowest / median                        start           first request");
for (const [kind, { start, first }] of seen)
  console.log(`${kind.padEnd(40)} ${lowAndMiddle(start).padEnd(16)} ${lowAndMiddle(first)}`);

for (const [kind, platform] of [
  ["platform evaluated", evaluated],
  ["snapshot", fromSnapshot],
] as const) {
  const before = process.memoryUsage.rss();
  const isolates = await Promise.all(Array.from({ length: 30 }, () => platform.newIsolate(HEAP_MB)));
  const each = (process.memoryUsage.rss() - before) / isolates.length / 1024 / 1024;
  console.log(`MB per idle isolate, ${kind}: ${each.toFixed(2)}`);
  for (const isolate of isolates) isolate.dispose();
}
