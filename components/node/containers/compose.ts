import { stringify } from "yaml";
import type { MachineSize } from "../../config/instanceTypes.ts";
import type { NodeConfig } from "../nodeConfig.ts";
import { type ContainerFunction, functionHost, functionService } from "./functions.ts";
import { hardened, healthcheck, limitKeys } from "./hardening.ts";
import type { NodeImages } from "./images.ts";
import { CONTAINER_LAYOUT as layout } from "./layout.ts";
import { type ContainerLimits, machineProblem, SERVICES, type ServiceName, serviceLimits } from "./limits.ts";
import {
  cacheMount,
  MACHINE,
  RUNNER_ADDRESS,
  RUNNER_SUBNET,
  type ServiceRow,
  serviceTable,
  VOLUMES,
} from "./services.ts";
import { USERS } from "./users.ts";

/** The machine under a node's containers. */
export interface NodeMachine extends MachineSize {
  /** Folder of what outlives containers. */
  readonly data: string;
  /** Address on which the machine's own programs reach health and metrics. */
  readonly adminAddress: string;
}

/**
 * `compose.yaml` of a node: every service by an image that cannot change, without root, capabilities or a writable root, within
 * its part of the machine. Rendered files are beside it in `etc/`, the sandbox's seccomp profile is `seccomp.json`.
 *
 * @throws Error when the machine is too small.
 */
export function renderCompose(
  node: NodeConfig,
  machine: NodeMachine,
  images: NodeImages,
  functions: readonly ContainerFunction[],
): string {
  const unfit = machineProblem(machine, node.size, functions);
  if (unfit !== null) throw new Error(`node ${node.name}: ${unfit.problem}. ${unfit.remedy}`);
  const limits = serviceLimits(machine, node.size, functions);
  const table = serviceTable(node);
  const place = { node, machine, functions };
  const services = SERVICES.map((name) => [
    name,
    { image: images[table[name].image], ...service(name, table[name], limits[name], place) },
  ]);
  const file = {
    name: "edge",
    services: Object.fromEntries([
      ...services,
      ...functions.map((wish) => [functionHost(wish), functionService(wish)]),
    ]),
    networks: {
      door: {},
      runner: { ipam: { config: [{ subnet: RUNNER_SUBNET }] } },
      exporters: {},
      // None leads anywhere but to the runner.
      ...Object.fromEntries(functions.map((wish) => [functionHost(wish), ISOLATED])),
    },
    volumes: Object.fromEntries(
      Object.entries(VOLUMES).map(([name, { options }]) => [
        name,
        { driver: "local", driver_opts: { type: "tmpfs", device: "tmpfs", o: options } },
      ]),
    ),
  };
  return stringify(withoutVariables(file), { lineWidth: 0, aliasDuplicateObjects: false });
}

/** A network without the machine in it: from it nothing leads on, whatever the machine's packet filter says. */
const ISOLATED = { internal: true, driver_opts: { "com.docker.network.bridge.inhibit_ipv4": "true" } };

/** Ports below 1024 without root; bursts of new connections wait in the kernel. A network of its own has these of its own. */
const DOOR_SYSCTLS = {
  "net.ipv4.ip_unprivileged_port_start": 0,
  "net.core.somaxconn": 65_535,
  "net.ipv4.tcp_max_syn_backlog": 65_535,
};

interface Place {
  readonly node: NodeConfig;
  readonly machine: NodeMachine;
  readonly functions: readonly ContainerFunction[];
}

function service(name: ServiceName, row: ServiceRow, limits: ContainerLimits, { node, machine, functions }: Place) {
  const user = USERS[name];
  const seccomp = name === "sandbox" ? ["seccomp:seccomp.json"] : [];
  const base = hardened(user);
  return {
    ...(row.entrypoint === null ? { command: row.command } : { entrypoint: row.entrypoint, command: row.command }),
    ...base,
    security_opt: [...base.security_opt, ...seccomp],
    ...limitKeys(limits),
    ulimits: {
      core: 0,
      ...(name === "haproxy" || name === "judge" || name === "varnish" ? { nofile: node.size.files } : {}),
    },
    ...network(row, functions),
    ...(name === "haproxy" ? { sysctls: DOOR_SYSCTLS } : {}),
    ...ports(row, node.address, machine.adminAddress),
    volumes: [
      ...row.files.map((file) => bind(`./etc/${file}`, `${layout.etc}/${file}`, "ro")),
      ...Object.entries(row.data).map(([folder, mode]) =>
        bind(`${machine.data}/${folder}`, `${layout.data}/${folder}`, mode),
      ),
      ...Object.entries(row.volumes).map(([volume, mode]) => ({
        type: "volume",
        source: volume,
        target: VOLUMES[volume as keyof typeof VOLUMES].path,
        ...(mode === "ro" ? { read_only: true } : {}),
      })),
      ...(name === "node-exporter" ? machineMounts(machine) : []),
    ],
    ...(row.hasCache ? { tmpfs: [cacheMount(user)] } : {}),
    ...(row.health === null ? {} : { healthcheck: healthcheck(row.health) }),
    ...(Object.keys(row.after).length === 0
      ? {}
      : {
          depends_on: Object.fromEntries(Object.entries(row.after).map(([other, condition]) => [other, { condition }])),
        }),
    stop_signal: row.stopSignal,
    stop_grace_period: `${row.stopSeconds}s`,
  };
}

function network({ network: name }: ServiceRow, functions: readonly ContainerFunction[]) {
  if (name === null) return { network_mode: "none" };
  if (name === "host") return { network_mode: "host" };
  if (name !== "runner") return { networks: [name] };
  return {
    networks: {
      runner: { ipv4_address: RUNNER_ADDRESS },
      ...Object.fromEntries(functions.map((wish) => [functionHost(wish), {}])),
    },
  };
}

function ports({ open, admin }: ServiceRow, address: string, adminAddress: string) {
  const list = [
    ...open.map((port) => `${address}:${port}:${port}`),
    ...admin.map((port) => `${adminAddress}:${port}:${port}`),
  ];
  return list.length === 0 ? {} : { ports: list };
}

/** What the exporter of the machine's figures reads: of its files none but how full the disk is that the data is on. */
function machineMounts({ data }: NodeMachine) {
  return [bind("/proc", MACHINE.proc, "ro"), bind("/sys", MACHINE.sys, "ro"), bind(data, MACHINE.disk, "ro")];
}

/** What is not there is an error, and no empty folder of root's. */
function bind(source: string, target: string, mode: "ro" | "rw") {
  return {
    type: "bind",
    source,
    target,
    ...(mode === "ro" ? { read_only: true } : {}),
    bind: { create_host_path: false },
  };
}

/** Compose replaces `$NAME` in texts: none of ours means that. */
function withoutVariables(value: unknown): unknown {
  if (typeof value === "string") return value.replaceAll("$", "$$$$");
  if (Array.isArray(value)) return value.map(withoutVariables);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutVariables(inner)]));
}
