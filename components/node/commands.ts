import { commandSocket } from "./commandSockets.ts";
import { VARNISH_PARAMETERS } from "./httpBounds.ts";
import type { NodeConfig, NodeLayout } from "./nodeConfig.ts";
import { PURGE_SOCKET } from "./varnish/purging.ts";
import { startCommandsFile } from "./varnish/startCommands.ts";

/** Varnish's memory for answers that are under way and not kept, and for marks that they are not. Clients that read slowly fill no more. */
export const UNDER_WAY_MB = 128;

/** HAProxy in the foreground. */
export function haproxyCommand(layout: NodeLayout): string[] {
  return ["haproxy", "-db", "-f", `${layout.etc}/haproxy.cfg`];
}

/** The HAProxy that judges requests by functions' policies. */
export function judgeCommand(layout: NodeLayout): string[] {
  return ["haproxy", "-db", "-f", `${layout.etc}/judge.cfg`];
}

/** Varnish in the foreground; who may reach its socket says the folder around it. */
export function varnishCommand(node: NodeConfig, layout: NodeLayout): string[] {
  return [
    ...["varnishd", "-j", "none", "-F", "-T", "none", "-n", `${layout.run}/varnish`],
    ...["-a", `edge=${layout.run}/varnish.sock,HTTP,mode=666`, "-f", `${layout.etc}/edge.vcl`],
    ...["-I", startCommandsFile(layout)],
    ...["-a", `${PURGE_SOCKET}=${commandSocket(layout, "varnish")},HTTP,mode=660`],
    ...["-s", `malloc,${node.size.cacheMb}M`, "-p", "default_ttl=0", "-p", "default_grace=0"],
    // What is kept for seconds only is kept with the rest: it makes room there.
    ...["-s", `Transient=malloc,${UNDER_WAY_MB}M`, "-p", "shortlived=0"],
    ...["-p", "vsl_space=16M", "-p", "thread_pools=1", "-p", "thread_pool_min=10"],
    // HAProxy takes what it has room for; a client for whom that is nothing for a minute holds the answer up no longer.
    ...["-p", "send_timeout=60", "-p", "idle_send_timeout=60"],
    ...Object.entries(VARNISH_PARAMETERS).flatMap(([name, value]) => ["-p", `${name}=${value}`]),
  ];
}

/** Varnish's counters for Prometheus, read from its shared memory. */
export function varnishExporterCommand(node: NodeConfig, layout: NodeLayout): string[] {
  return [
    "prometheus-varnish-exporter",
    ...["-n", `${layout.run}/varnish`, "-web.listen-address", `${node.address}:${node.ports.varnishMetrics}`],
  ];
}
