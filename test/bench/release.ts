/** How long a release takes to every node, and what looking for it costs: `npm run bench:release -- --help`. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { cpus as cpuModels, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { writeDocuments } from "../../runner/bench/sideBySide/document.ts";
import { spreadOf } from "../../runner/bench/sideBySide/statistics.ts";
import { deployedBy, functionOf, publishRelease } from "../../runner/release/fixtures.ts";
import { openStore } from "../../runner/release/openStore.ts";
import { rollbackTo } from "../../runner/release/publish.ts";
import type { ReleaseStore } from "../../runner/release/store.ts";
import { Moto, REGION } from "../release/moto.ts";
import { ReleaseNode } from "./releaseNode.ts";
import { pollingCost, type ReleaseResults, reportOf, type Times } from "./releaseReport.ts";

const ROUNDS = 20;
const NODES = ["ap-northeast-1", "eu-central-1", "us-east-1"];
/** How often nodes look: into a folder, where that is one `stat`, and into a bucket, where it is a request. */
const POLL_MS = { folder: 200, s3: 2_000 } as const;
type StoreKind = keyof typeof POLL_MS;

const USAGE = `usage: npm run bench:release -- [--quick] [--json] [--help]

Three nodes (runner and agent, no door) on a store in a folder and on one in S3 (a moto server): from the pointer's change to each node's first answer of
the new version, for deploys and roll-backs. A whole run takes about four minutes and rewrites its section of docs/measurements.md
and docs/measurements/bench-release.json.

  --quick   two rounds, which are only printed
  --json    prints the figures as JSON instead of a table
`;

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
if (values.help) {
  process.stdout.write(USAGE);
  process.exit(0);
}
const rounds = values.quick ? 2 : ROUNDS;
const say = (line: string) => process.stderr.write(`${new Date().toTimeString().slice(0, 8)} ${line}\n`);

const dir = mkdtempSync(join(tmpdir(), "edge-bench-release-"));
const moto = new Moto();
const [before = 0] = loadavg();
try {
  mkdirSync(join(dir, "store"));
  const folder = await measured("folder", `file:${join(dir, "store")}`);
  await moto.start();
  const endpoint = encodeURIComponent(moto.endpoint);
  const s3 = await measured("s3", `s3://${await moto.bucket()}/fleet/?region=${REGION}&endpoint=${endpoint}`);
  const results: ReleaseResults = {
    machine: { cpu: cpuModels()[0]?.model ?? "unknown CPU", load: [before, loadavg()[0] ?? 0] },
    rounds,
    times: [...folder, ...s3],
    polling: pollingCost(POLL_MS.s3),
  };
  if (!values.quick) writeDocuments("bench:release", reportOf(results), results);
  process.stdout.write(values.json ? `${JSON.stringify(results, null, 2)}\n` : `${reportOf(results)}\n`);
} finally {
  await moto.stop();
  rmSync(dir, { recursive: true, force: true });
}
process.exit(0);

/** Deploys and roll-backs in turn, as many as there are rounds. */
async function measured(kind: StoreKind, address: string): Promise<Times[]> {
  say(`three nodes on a store in ${kind === "s3" ? "S3" : "a folder"}`);
  const store = await openStore(address);
  let text = "first";
  await deploy(store, text);
  const nodes = NODES.map((name) => new ReleaseNode({ name, store: address, pollMs: POLL_MS[kind] }));
  const times: Record<"deploy" | "roll-back", number[][]> = {
    deploy: NODES.map(() => []),
    "roll-back": NODES.map(() => []),
  };
  try {
    await Promise.all(nodes.map((node) => node.start()));
    await Promise.all(nodes.map((node) => node.says(text)));
    for (let round = 0; round < rounds; round++) {
      const old = (await store.readCurrent())?.current.release ?? 0;
      const [from, to] = [text, `round-${round}`];
      await collect(times.deploy, nodes, to, () => deploy(store, to));
      await collect(times["roll-back"], nodes, from, () =>
        rollbackTo(store, old, { deployed: deployedBy("the benchmark") }),
      );
      text = from;
    }
  } finally {
    await Promise.all(nodes.map((node) => node[Symbol.asyncDispose]()));
  }
  return Object.entries(times).flatMap(([change, byNode]) =>
    byNode.map((ms, index) => ({ store: kind, change, region: NODES[index] as string, ms: spreadOf(ms) })),
  );
}

/** Makes a change, and notes how long after it each node's first answer of `text` came. */
async function collect(
  times: readonly number[][],
  nodes: readonly ReleaseNode[],
  text: string,
  change: () => Promise<unknown>,
): Promise<void> {
  // Nodes look at moments of their own: changes must not keep step with them.
  await new Promise((resolve) => setTimeout(resolve, Math.random() * 500));
  await change();
  const changedAt = performance.now();
  await Promise.all(
    nodes.map(async (node, index) => {
      await node.says(text);
      times[index]?.push(performance.now() - changedAt);
    }),
  );
}

async function deploy(store: ReleaseStore, text: string): Promise<void> {
  const { manifest, bytes } = functionOf(
    "hello",
    `export default { fetch: () => new Response(${JSON.stringify(text)}) };`,
  );
  await publishRelease(store, {
    functions: [manifest],
    modules: () => bytes,
    createdBy: "the benchmark",
    reason: text,
  });
}
