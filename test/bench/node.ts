/** What a node's door and cache cost, beside others: `npm run bench:node -- --help`. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { cpus as cpuModels, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { nodeAddresses } from "../../components/config/nodeAddresses.ts";
import { heldCertificate } from "../../components/node/certificates.ts";
import { PACKAGE_DIR } from "../../components/packageDir.ts";
import { cores, pinned } from "../../runner/bench/sideBySide/cores.ts";
import { writeDocuments } from "../../runner/bench/sideBySide/document.ts";
import { treeCpuMs } from "../../runner/bench/sideBySide/processTree.ts";
import { descendantsOf } from "../../runner/runnerProcesses.ts";
import { PolicedNode } from "../node/policedNode.ts";
import { OWN_ADDRESS, TestNode } from "../node/testNode.ts";
import {
  pathOf,
  proportionalMb,
  SIZES,
  STATIC_FUNCTION,
  startBareVarnish,
  startNginx,
  startOrigin,
} from "./nodeCandidates.ts";
import { type NodeResults, type Row, reportOf } from "./nodeReport.ts";
import { ISSUER, POLICED, policedFunctions, shownHeaders, TOKEN_SECRET } from "./policedFunctions.ts";
import { speakProxy } from "./proxiedNode.ts";
import { handshakes, load, type Target } from "./tlsLoad.ts";

const ROUNDS = 5;
const ROUND_SECONDS = 2;
const PINNED = "EDGE_BENCH_PINNED";

const USAGE = `usage: npm run bench:node -- [--quick] [--json] [--help]

A node's HAProxy and Varnish beside bare Varnish and nginx, misses through to the runner, and the price of each policy. A whole
run takes about ten minutes and rewrites its section of docs/measurements.md and docs/measurements/bench-node.json.

  --quick   one round, which is only printed
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
if (process.env[PINNED] === undefined) {
  const { server: serverCpus, load: loadCpus } = cores();
  // What is started from here is pinned with this process, the load apart.
  const [program, ...args] = [...pinned(serverCpus), process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  execFileSync(process.execPath, [join(PACKAGE_DIR, "tools/setup.mjs"), "--with", "nghttp2-client,nginx-light"], {
    stdio: ["ignore", 2, 2],
  });
  const env = { ...process.env, [PINNED]: loadCpus.join(",") };
  process.exit(spawnSync(program as string, args, { stdio: "inherit", env }).status ?? 1);
}
const rounds = values.quick ? 1 : ROUNDS;
const loadCpus = (process.env[PINNED] as string).split(",").map(Number);
const say = (line: string) => process.stderr.write(`${new Date().toTimeString().slice(0, 8)} ${line}\n`);

interface Entrant {
  readonly candidate: string;
  readonly pids: () => readonly number[];
  readonly measure: () => Promise<{ readonly requests: number; readonly perSecond: number }>;
}

const dir = mkdtempSync(join(tmpdir(), "edge-bench-node-"));
const [before = 0] = loadavg();
const rows: Row[] = [];
const memoryMb: Record<string, number> = {};
try {
  await cachedHits();
  await clientAddresses();
  await policies();
  const results: NodeResults = {
    machine: { cpu: cpuModels()[0]?.model ?? "unknown CPU", load: [before, loadavg()[0] ?? 0] },
    versions: versions(),
    rounds,
    rows,
    memoryMb,
  };
  if (!values.quick) writeDocuments("bench:node", reportOf(results), results);
  process.stdout.write(values.json ? `${JSON.stringify(results, null, 2)}\n` : `${reportOf(results)}\n`);
} finally {
  rmSync(dir, { recursive: true, force: true });
}
process.exit(0);

/** Hits of the cache, new connections, and what the cache does not have. */
async function cachedHits(): Promise<void> {
  await using node = new TestNode();
  say("starting a node, bare Varnish and nginx");
  await node.start({ static: { code: STATIC_FUNCTION, routes: ["/static/*", "/never/*"] } });
  const origin = await startOrigin();
  const varnish = await startBareVarnish(join(dir, "varnish"), origin);
  const nginx = await startNginx(join(dir, "nginx"), origin, heldCertificate(node.layout, "fleet"));
  const { address, ports } = node.config;
  const door = `${address}:${ports.https}`;
  const nodePids = () => [...node.pids, node.runner.process?.pid as number];
  const bare = { candidate: "bare Varnish, no TLS", pids: () => [varnish.pid] };
  const ours = { candidate: "a node", pids: nodePids };
  const theirs = { candidate: "nginx", pids: () => [nginx.pid] };
  try {
    for (const size of Object.keys(SIZES) as (keyof typeof SIZES)[]) {
      const path = pathOf(size);
      const https = (name: typeof ours, at: string, http: "h1" | "h2") =>
        loaded({ ...name, candidate: `${name.candidate}, ${http}` }, { url: `https://${at}${path}`, http });
      await scenario(`hit, ${size}`, [
        loaded(bare, { url: `http://127.0.0.1:${varnish.port}${path}`, http: "h1" }),
        https(ours, door, "h1"),
        https(theirs, `127.0.0.1:${nginx.port}`, "h1"),
        https(ours, door, "h2"),
        https(theirs, `127.0.0.1:${nginx.port}`, "h2"),
      ]);
    }
    for (const isResumed of [false, true]) {
      const connecting = (name: typeof ours, at: string): Entrant => ({
        ...name,
        measure: async () => {
          const asked = { path: pathOf("1 KB"), isResumed, seconds: ROUND_SECONDS };
          return { requests: 0, perSecond: await handshakes(at, asked, loadCpus) };
        },
      });
      const kind = isResumed ? "resumed" : "full";
      await scenario(`new connection, one at a time, ${kind} handshake`, [
        connecting(theirs, `127.0.0.1:${nginx.port}`),
        connecting(ours, door),
      ]);
    }
    const socket = node.runner.config.data;
    await scenario("miss, 1 KB", [
      loaded({ ...ours, candidate: "the runner alone" }, { url: "http://edge.test/never/1024", socket, http: "h1" }),
      loaded({ ...ours, candidate: "a node, h1" }, { url: `https://${door}/never/1024`, http: "h1" }),
      loaded({ ...ours, candidate: "a node, h2" }, { url: `https://${door}/never/1024`, http: "h2" }),
    ]);
    memoryMb["HAProxy, Varnish and judge of a node"] = proportionalMb(treesOf(node.pids));
    memoryMb["bare Varnish"] = proportionalMb(treesOf([varnish.pid]));
    memoryMb.nginx = proportionalMb(treesOf([nginx.pid]));
  } finally {
    await Promise.all([varnish.stop(), nginx.stop()]);
    origin.close();
  }
}

/** Headers that HAProxy overwrites, over shared connections, or PROXY protocol, with a connection of its own for each client's. */
async function clientAddresses(): Promise<void> {
  await using headers = new TestNode();
  await using proxied = new TestNode({ address: nodeAddresses(OWN_ADDRESS, 2)?.[1] as string });
  say("starting two nodes, one of which speaks PROXY protocol to its cache");
  for (const node of [headers, proxied]) await node.start({ static: { code: STATIC_FUNCTION, routes: ["/static/*"] } });
  await speakProxy(proxied);
  const door = ({ config }: TestNode) => `${config.address}:${config.ports.https}`;
  const hit = (candidate: string, node: TestNode) =>
    loaded({ candidate, pids: () => node.pids }, { url: `https://${door(node)}${pathOf("1 KB")}`, http: "h2" });
  await scenario("who the client is: hit, 1 KB, h2", [
    hit("headers, connections shared", headers),
    hit("PROXY v2, a connection each", proxied),
  ]);
  const connecting = (candidate: string, node: TestNode): Entrant => ({
    candidate,
    pids: () => node.pids,
    measure: async () => {
      const asked = { path: pathOf("1 KB"), isResumed: true, seconds: ROUND_SECONDS };
      return { requests: 0, perSecond: await handshakes(door(node), asked, loadCpus) };
    },
  });
  await scenario("who the client is: new connection, resumed handshake", [
    connecting("headers, connections shared", headers),
    connecting("PROXY v2, a connection each", proxied),
  ]);
}

/** A hit under each policy beside one under none. */
async function policies(): Promise<void> {
  await using policed = new PolicedNode({ issuers: [ISSUER] });
  say("starting a node whose functions have policies");
  policed.node.runner.writeSecret(ISSUER.secret as string, TOKEN_SECRET);
  await policed.start(policedFunctions());
  const { address, ports } = policed.node.config;
  const headers = shownHeaders();
  await scenario(
    "hit of a function with policies",
    Object.entries(POLICED).map(([name, { candidate }]) =>
      loaded(
        { candidate, pids: () => policed.node.pids },
        { url: `https://${address}:${ports.https}/${name}/a`, http: "h1", headers },
      ),
    ),
  );
}

function loaded(who: Omit<Entrant, "measure">, target: Target): Entrant {
  return { ...who, measure: () => load(target, ROUND_SECONDS, loadCpus) };
}

async function scenario(name: string, entrants: readonly Entrant[]): Promise<void> {
  const seen = entrants.map(({ candidate }) => ({ candidate, perSecond: [] as number[], cpuMicros: [] as number[] }));
  for (const { candidate, measure } of entrants) {
    say(`${name}: warm-up: ${candidate}`);
    await measure();
  }
  for (let round = 0; round < rounds; round++) {
    for (const [index, { candidate, pids, measure }] of entrants.entries()) {
      say(`${name}: round ${round + 1} of ${rounds}: ${candidate}`);
      const cpuMs = () => pids().reduce((sum, pid) => sum + treeCpuMs(pid), 0);
      const cpuBefore = cpuMs();
      const { requests, perSecond } = await measure();
      seen[index]?.perSecond.push(perSecond);
      if (requests > 0) seen[index]?.cpuMicros.push(((cpuMs() - cpuBefore) * 1_000) / requests);
    }
  }
  rows.push(...seen.map((row) => ({ scenario: name, ...row })));
}

function treesOf(pids: readonly number[]): number[] {
  return pids.flatMap((pid) => [pid, ...descendantsOf(pid).map((child) => child.pid)]);
}

function versions(): Record<string, string> {
  const first = (program: string, flag: string) => {
    const { stdout, stderr } = spawnSync(program, [flag], { encoding: "utf8" });
    return /\d+\.\d+\.\d+/.exec(`${stdout}${stderr}`)?.[0] ?? "of unknown version";
  };
  return { HAProxy: first("haproxy", "-v"), Varnish: first("varnishd", "-V"), nginx: first("nginx", "-v") };
}
