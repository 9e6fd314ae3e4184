import { createHash } from "node:crypto";
import path from "node:path";
import { haproxyCommand, judgeCommand, varnishCommand, varnishExporterCommand } from "../node/commands.ts";
import { authorities } from "../node/haproxy/out/origins.ts";
import { judgeSocket } from "../node/haproxy/policies/maps.ts";
import { issuerKeys } from "../node/haproxy/policies/tokens.ts";
import { CANONICAL_LAYOUT, type NodeConfig, type NodeLayout } from "../node/nodeConfig.ts";
import { renderNode } from "../node/renderNode.ts";
import type { HealthCheck, ServiceSpec } from "./manager/spec.ts";

/** Where the parts of a managed node are on this machine. */
export interface Placement {
  readonly layout: NodeLayout;
  /** The package's own folder. */
  readonly packageDir: string;
  /** The Node program that runs the package's own processes. */
  readonly node: string;
  readonly compileCache: string;
}

/** Digests are made with this placement, so that they are the same in every checkout. */
export const CANONICAL_PLACEMENT: Placement = {
  layout: CANONICAL_LAYOUT,
  packageDir: "/srv/edge/package",
  node: "node",
  compileCache: "/srv/edge/compile-cache",
};

/** Where Debian and Homebrew put system programs; some are not on the PATH of an ordinary user. */
const PROGRAM_PATH = [
  "/usr/sbin",
  "/usr/bin",
  "/sbin",
  "/bin",
  "/usr/local/sbin",
  "/usr/local/bin",
  "/opt/homebrew/bin",
];

/** System programs that a node runs. */
export const NODE_PROGRAMS = ["haproxy", "varnishd", "prometheus-varnish-exporter"];

const PROGRAM_ENV = { PATH: PROGRAM_PATH.join(path.delimiter) };

/** Command and environment of one of our own small processes: it holds little, and a fleet has many of them. */
export function ownProcess(placement: Placement, program: string, ...args: readonly string[]) {
  return {
    command: [
      ...[placement.node, "--max-old-space-size=64", "--max-semi-space-size=1"],
      ...[`${placement.packageDir}/${program}`, ...args],
    ],
    env: { ...PROGRAM_ENV, NODE_COMPILE_CACHE: placement.compileCache },
  };
}

type Service = Omit<ServiceSpec, "digest">;

/** A service and what it must be restarted for beside its own command: its files and its code. */
export interface ServiceSource {
  readonly spec: Service;
  readonly sources: readonly string[];
}

/** Digests of what a service depends on beside its rendered files. */
export interface SourceDigests {
  /** The package's own programs. */
  readonly code: string;
  /** The country database; null when there is none. */
  readonly geoip: string | null;
}

/** The services of one node, the digest of each saying when it must be restarted. */
export function nodeServices(node: NodeConfig, placement: Placement, sources: SourceDigests): ServiceSpec[] {
  return withDigests(describe(node, placement, sources), describe(node, CANONICAL_PLACEMENT, sources));
}

/** Digest of each service by name: what the plan shows and compares. */
export function nodeDigests(node: NodeConfig, sources: SourceDigests): Record<string, string> {
  return digestsOf(describe(node, CANONICAL_PLACEMENT, sources));
}

export function withDigests(actual: readonly ServiceSource[], canonical: readonly ServiceSource[]): ServiceSpec[] {
  const digests = digestsOf(canonical);
  return actual.map(({ spec }) => ({ ...spec, digest: digests[spec.name] as string }));
}

export function digestsOf(canonical: readonly ServiceSource[]): Record<string, string> {
  return Object.fromEntries(
    canonical.map(({ spec, sources }) => [spec.name, digest(JSON.stringify(spec), ...sources)]),
  );
}

/** The runner first, the cache before the door; the door opens when all behind it works. */
function describe(node: NodeConfig, placement: Placement, { code, geoip }: SourceDigests): ServiceSource[] {
  const { layout } = placement;
  const { address, ports } = node;
  const files = renderNode(node, layout);
  return [
    {
      spec: service({
        name: "runner",
        ...ownProcess(placement, "runner/main.ts", `${layout.etc}/runner.json`),
        health: http(address, ports.runnerAdmin, "/healthz"),
        stopTimeoutMs: 15_000,
      }),
      sources: [files["runner.json"], code],
    },
    {
      spec: service({
        name: "agent",
        ...ownProcess(placement, "runner/agent/main.ts", `${layout.etc}/agent.json`),
        after: ["runner"],
        health: http(address, ports.agentAdmin, "/healthz"),
        stopTimeoutMs: 3_000,
      }),
      sources: [files["agent.json"], code],
    },
    {
      spec: service({
        name: "varnish",
        command: varnishCommand(node, layout),
        // Varnish looks for its backend's socket when it compiles the VCL.
        after: ["runner"],
        health: { kind: "http-socket", socket: `${layout.run}/varnish.sock`, path: "/.edge/healthz" },
        stopTimeoutMs: 5_000,
      }),
      sources: [files["edge.vcl"], files["varnish.cli"]],
    },
    {
      spec: service({
        name: "judge",
        command: judgeCommand(layout),
        // Its maps are the agent's.
        after: ["varnish", "agent"],
        health: { kind: "http-socket", socket: judgeSocket(layout), path: "/.edge/healthz" },
        stopSignal: "SIGUSR1",
        stopTimeoutMs: 12_000,
      }),
      sources: [files["judge.cfg"], ...Object.values(issuerKeys(node))],
    },
    {
      spec: service({
        name: "haproxy",
        command: haproxyCommand(layout),
        after: ["judge"],
        // Its health page tells of the region; its metrics tell that it answers.
        health: http(address, ports.haproxyMetrics, "/metrics"),
        stopSignal: "SIGUSR1",
        // HAProxy ends by itself after 10 s, whatever is still open.
        stopTimeoutMs: 12_000,
      }),
      sources: [files["haproxy.cfg"], ...Object.values(authorities(node)), geoip ?? ""],
    },
    {
      spec: service({
        name: "varnish-exporter",
        command: varnishExporterCommand(node, layout),
        after: ["varnish"],
        health: http(address, ports.varnishMetrics, "/metrics"),
        stopTimeoutMs: 2_000,
      }),
      sources: [],
    },
  ];
}

interface ServiceArgs {
  readonly name: string;
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly after?: readonly string[];
  readonly health: HealthCheck;
  readonly stopSignal?: ServiceSpec["stopSignal"];
  readonly stopTimeoutMs: number;
}

export function service(args: ServiceArgs): Service {
  return {
    env: PROGRAM_ENV,
    after: [],
    stopSignal: "SIGTERM",
    ...args,
    command: args.command as ServiceSpec["command"],
  };
}

export function http(host: string, port: number, path: string): HealthCheck {
  return { kind: "http", host, port, path };
}

/** First 12 hex digits of a SHA-256 over the parts. */
export function digest(...parts: readonly string[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(`${part.length}:${part}`);
  return hash.digest("hex").slice(0, 12);
}

/** PATH for looking up the programs of a node. */
export function programPath(): string[] {
  return [...PROGRAM_PATH, ...(process.env.PATH ?? "").split(path.delimiter)];
}
