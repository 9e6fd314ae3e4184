import { FARM_LIST } from "../agent.ts";
import { commandFolder } from "../commandSockets.ts";
import { haproxyCommand, judgeCommand, varnishCommand, varnishExporterCommand } from "../commands.ts";
import { COUNTRY_MAP } from "../haproxy/countryMap.ts";
import { authorities } from "../haproxy/out/origins.ts";
import { policyFolder } from "../haproxy/policies/maps.ts";
import { issuerKeys } from "../haproxy/policies/tokens.ts";
import type { NodeConfig } from "../nodeConfig.ts";
import { START_COMMANDS } from "../varnish/startCommands.ts";
import { type DataFolder, CONTAINER_LAYOUT as layout } from "./layout.ts";
import type { ServiceName } from "./limits.ts";

/** Address of the runner in its network: nothing of its own is open on the networks of functions in containers. */
export const RUNNER_ADDRESS = "100.127.255.2";
export const RUNNER_SUBNET = "100.127.255.0/29";
/** What services in a network of their own listen on. */
export const ANY_ADDRESS = "0.0.0.0";
export const NODE_EXPORTER_PORT = 9100;
/** Where the exporter of the machine's figures has what it reads; the disk stands for the whole file system. */
export const MACHINE = { proc: "/machine/proc", sys: "/machine/sys", disk: "/machine/disk" } as const;

/** Scratch space of Node's services, in memory; all else is read-only. */
const CACHE_MB = 64;
/** Varnish's log (16 MB), counters and the compiled VCL. */
const VARNISH_WORK_MB = 96;

/** What differs between the services of a node. */
export interface ServiceRow {
  readonly image: "haproxy" | "varnish" | "runner" | "node-exporter";
  /** Null: the image's own. */
  readonly entrypoint: readonly string[] | null;
  readonly command: readonly string[];
  /** Null: no network; `host`: the machine's. */
  readonly network: "door" | "runner" | "exporters" | "host" | null;
  /** Ports that the world reaches, and those that the machine itself does. */
  readonly open: readonly number[];
  readonly admin: readonly number[];
  /** Rendered files that it reads. */
  readonly files: readonly string[];
  /** Volumes by name, read-only or not. */
  readonly volumes: Readonly<Partial<Record<VolumeName, "ro" | "rw">>>;
  readonly data: Readonly<Partial<Record<DataFolder, "ro" | "rw">>>;
  readonly hasCache: boolean;
  /** Null: the image's own. */
  readonly health: readonly string[] | null;
  readonly after: Readonly<Partial<Record<ServiceName, "service_started" | "service_healthy">>>;
  readonly stopSignal: "SIGTERM" | "SIGUSR1";
  readonly stopSeconds: number;
}

/** Volumes in memory that services share. */
export const VOLUMES = {
  sockets: { path: layout.run, options: "size=1m,uid=10001,gid=10000,mode=3770" },
  // The agent reaches the sockets by its group, and nobody else is given the folders.
  "haproxy-commands": { path: commandFolder(layout, "haproxy"), options: "size=1m,uid=10003,gid=10000,mode=0750" },
  "judge-commands": { path: commandFolder(layout, "judge"), options: "size=1m,uid=10003,gid=10000,mode=0750" },
  "varnish-commands": { path: commandFolder(layout, "varnish"), options: "size=1m,uid=10004,gid=10000,mode=0750" },
  "agent-commands": { path: commandFolder(layout, "agent"), options: "size=1m,uid=10001,gid=10000,mode=0700" },
  policies: { path: policyFolder(layout), options: "size=16m,uid=10001,gid=10000,mode=2750" },
  workers: { path: layout.workers, options: "size=1m,uid=10001,gid=10000,mode=2751" },
  varnish: { path: `${layout.run}/varnish`, options: `size=${VARNISH_WORK_MB}m,uid=10004,gid=10004,mode=0750` },
} as const;
export type VolumeName = keyof typeof VOLUMES;

/** Options of the scratch space for the user `<id>:<group>`. */
export function cacheMount(user: string): string {
  const [uid, gid] = user.split(":");
  return `${layout.data}/cache:size=${CACHE_MB}m,mode=0700,uid=${uid},gid=${gid}`;
}

const PLAIN = {
  entrypoint: null,
  open: [],
  admin: [],
  files: [],
  volumes: {},
  data: {},
  hasCache: false,
  health: null,
};
const STOP = { stopSignal: "SIGTERM", stopSeconds: 5 } as const;

/** The services of a node, in the order in which they are stopped: each before those that it needs. */
export function serviceTable(node: NodeConfig): Readonly<Record<ServiceName, ServiceRow>> {
  const { https, http, peers, haproxyMetrics, varnishMetrics, runnerAdmin } = node.ports;
  return {
    haproxy: {
      ...PLAIN,
      image: "haproxy",
      ...program(haproxyCommand(layout)),
      network: "door",
      open: [https, http, peers],
      admin: [haproxyMetrics],
      files: ["haproxy.cfg", ...(node.countryMap ? [COUNTRY_MAP] : []), ...Object.keys(authorities(node))],
      volumes: { sockets: "rw", "haproxy-commands": "rw", policies: "ro" },
      data: { certificates: "ro" },
      health: answersOn(haproxyMetrics),
      after: { judge: "service_started" },
      stopSignal: "SIGUSR1",
      // HAProxy ends by itself after 10 s, whatever is still open.
      stopSeconds: 12,
    },
    judge: {
      ...PLAIN,
      image: "haproxy",
      ...program(judgeCommand(layout)),
      network: null,
      files: ["judge.cfg", ...Object.keys(issuerKeys(node))],
      volumes: { sockets: "rw", "judge-commands": "rw", policies: "ro" },
      // Its maps are the agent's.
      after: { varnish: "service_started", agent: "service_healthy" },
      stopSignal: "SIGUSR1",
      stopSeconds: 12,
    },
    varnish: {
      ...PLAIN,
      ...STOP,
      image: "varnish",
      ...program(varnishCommand(node, layout)),
      network: null,
      files: ["edge.vcl", START_COMMANDS],
      volumes: { sockets: "rw", varnish: "rw", "varnish-commands": "rw" },
      // Its child writes these counters; the parent starts the child again by itself.
      health: ["varnishstat", "-1", "-t", "2", "-n", `${layout.run}/varnish`, "-f", "MAIN.uptime"],
      // It looks for its backend's socket when it compiles the VCL.
      after: { runner: "service_healthy" },
    },
    agent: {
      ...PLAIN,
      ...STOP,
      image: "runner",
      entrypoint: ["/usr/local/bin/node", "--no-warnings", "--max-old-space-size=64", "/app/agent.mjs"],
      command: [`${layout.etc}/agent.json`],
      network: "host",
      files: ["agent.json", ...(node.cloud === null ? [FARM_LIST] : [])],
      volumes: {
        sockets: "rw",
        "haproxy-commands": "ro",
        "judge-commands": "ro",
        "varnish-commands": "ro",
        "agent-commands": "rw",
        policies: "rw",
      },
      data: { releases: "rw", certificates: "rw", secrets: "rw", store: "rw" },
      after: { runner: "service_healthy" },
    },
    runner: {
      ...PLAIN,
      image: "runner",
      command: [`${layout.etc}/runner.json`, "--service", "runner"],
      network: "runner",
      admin: [runnerAdmin],
      files: ["runner.json"],
      volumes: { sockets: "rw", workers: "rw" },
      data: { releases: "ro", secrets: "ro", state: "rw" },
      hasCache: true,
      after: { sandbox: "service_started" },
      stopSignal: "SIGTERM",
      stopSeconds: 15,
    },
    sandbox: {
      ...PLAIN,
      image: "runner",
      command: [`${layout.etc}/runner.json`, "--service", "sandbox"],
      network: null,
      files: ["runner.json"],
      volumes: { workers: "rw" },
      hasCache: true,
      after: {},
      stopSignal: "SIGTERM",
      stopSeconds: 15,
    },
    "varnish-exporter": {
      ...PLAIN,
      ...STOP,
      image: "varnish",
      ...program(varnishExporterCommand({ ...node, address: ANY_ADDRESS }, layout)),
      network: "exporters",
      admin: [varnishMetrics],
      volumes: { varnish: "ro" },
      health: answersOn(varnishMetrics),
      after: { varnish: "service_healthy" },
    },
    "node-exporter": {
      ...PLAIN,
      ...STOP,
      image: "node-exporter",
      ...program(nodeExporterCommand()),
      network: "exporters",
      admin: [NODE_EXPORTER_PORT],
      // Its image has busybox and no other shell.
      health: ["wget", "-q", "-O", "/dev/null", `http://127.0.0.1:${NODE_EXPORTER_PORT}/`],
      after: {},
    },
  };
}

/** A program of the image in place of what it starts by itself. */
function program([name, ...args]: readonly string[]) {
  return { entrypoint: [name as string], command: args };
}

/** A health check of images that have a shell and no HTTP client. */
function answersOn(port: number): string[] {
  const steps = [
    `exec 3<>/dev/tcp/127.0.0.1/${port}`,
    "printf 'GET /metrics HTTP/1.0\\r\\n\\r\\n' >&3",
    "IFS= read -r -t 3 line <&3",
    '[[ $line == *" 200 "* ]]',
  ];
  return ["bash", "-c", steps.join(" && ")];
}

/** What the machine does; of the network it would see its own container's. */
function nodeExporterCommand(): string[] {
  const collectors = [
    "cpu",
    "diskstats",
    "filefd",
    "filesystem",
    "loadavg",
    "meminfo",
    "stat",
    "time",
    "uname",
    "vmstat",
  ];
  return [
    ...["node_exporter", `--web.listen-address=${ANY_ADDRESS}:${NODE_EXPORTER_PORT}`],
    ...[`--path.procfs=${MACHINE.proc}`, `--path.sysfs=${MACHINE.sys}`, `--path.rootfs=${MACHINE.disk}`],
    ...["--collector.disable-defaults", "--collector.filesystem.mount-points-exclude=^/.+"],
    ...collectors.map((name) => `--collector.${name}`),
  ];
}
