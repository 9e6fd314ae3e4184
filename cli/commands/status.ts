import { defineCommand } from "../command.ts";
import type { Environment } from "../environment.ts";
import { EXIT_CODES } from "../errors.ts";
import { type FleetStatus, isWell, type NodeStatus, readFleetStatus } from "../fleetStatus.ts";
import { styled, table } from "../output.ts";
import { openPrometheus } from "../prometheus.ts";

interface FiredLimit {
  readonly function: string;
  readonly limit: string;
  /** In the last hour. */
  readonly times: number;
}

/** `edge status` */
export const status = defineCommand({
  summary: "show regions, nodes, what they serve, and which limits fired",
  description: "Exit code 1 when a node is not up or does not serve the current release.",
  args: {},
  options: {},
  examples: [
    { line: "status", meaning: "the local fleet" },
    { line: "status --json | jq '.nodes[] | select(.state != \"up\")'", meaning: "nodes that are not well" },
  ],
  async run({ environment, openStore, machines, out, signal }) {
    const fleet = await readFleetStatus(environment(), await openStore(), await machines());
    const isUp = fleet.nodes.some(({ state }) => state === "up" || state === "degraded");
    // A hub that is away must not hide what the store and the nodes say.
    const limits = isUp ? await firedLimits(environment(), signal).catch(() => null) : null;
    out.show({ ...fleet, limitsFired: limits }, () => `${fleetText(fleet)}\n\n${limitsText(limits)}`);
    return isWell(fleet) ? EXIT_CODES.ok.code : EXIT_CODES.failed.code;
  },
});

async function firedLimits(environment: Environment, signal: AbortSignal): Promise<FiredLimit[]> {
  await using prometheus = await openPrometheus(environment, signal);
  const samples = await prometheus.query(
    "sum by (function, limit) (increase(edge_runner_limits_fired_total[1h])) >= 0.5",
  );
  return samples
    .map(({ labels, value }) => ({
      function: labels.function ?? "",
      limit: labels.limit ?? "",
      times: Math.round(value),
    }))
    .sort((a, b) => b.times - a.times);
}

function fleetText({ domain, release, generation, skew, nodes }: FleetStatus): string {
  const current = release === null ? "no release yet" : `release ${release} (generation ${generation})`;
  const skewText = skew.length === 0 ? "" : styled("yellow", `, release ${skew.join(", ")} still served`);
  const rows = nodes.map((node) => [
    node.region,
    node.node,
    node.address ?? "–",
    stateText(node),
    node.release === null ? "–" : `${node.release}`,
    noteText(node),
  ]);
  return `${styled("bold", domain)}: ${current}${skewText}\n\n${table(["REGION", "NODE", "ADDRESS", "STATE", "RELEASE", ""], rows)}`;
}

const STATE_STYLES = { up: "green", degraded: "yellow", down: "red", gone: "dim" } as const;

function stateText({ state }: NodeStatus): string {
  return styled(STATE_STYLES[state], state);
}

function noteText({ faults, behind, refused }: NodeStatus): string {
  const parts = Object.entries(faults).map(([service, fault]) => `${service}: ${fault}`);
  if (refused !== null) parts.push(`refused: ${refused}`);
  else if (behind !== null && behind > 0) parts.push(`${behind} behind`);
  return parts.join("; ");
}

function limitsText(limits: readonly FiredLimit[] | null): string {
  if (limits === null) return styled("dim", "Limits fired: unknown, Prometheus does not answer.");
  if (limits.length === 0) return "No limit fired in the last hour.";
  const rows = limits.map(({ function: name, limit, times }) => [name || "–", limit, `${times}`]);
  return `Limits fired in the last hour\n\n${table(["FUNCTION", "LIMIT", "TIMES"], rows, { right: [2] })}`;
}
