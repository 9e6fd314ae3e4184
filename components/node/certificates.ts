import path from "node:path";
import type { CertificatesConfig } from "@edge-fleet/runner/agent/certificates/config";
import { commandSocket } from "./commandSockets.ts";
import type { NodeConfig, NodeLayout } from "./nodeConfig.ts";

/** What clients are shown, and what other nodes are. */
export type CertificateName = "fleet" | "peers";

/** The agent's verified copy, from which HAProxy starts. */
export function heldCertificate(layout: NodeLayout, name: CertificateName): string {
  return `${heldFolder(layout)}/${name}.pem`;
}

/** Name that every node's certificate for other nodes is for. */
export function peerName(domain: string): string {
  return `peers.${domain}`;
}

/** What the agent brings from where certificates are issued. */
export function certificatesConfig({ domain }: NodeConfig, layout: NodeLayout): CertificatesConfig {
  return {
    held: heldFolder(layout),
    haproxy: commandSocket(layout, "haproxy"),
    revoked: path.join(path.dirname(layout.certificate), "revoked"),
    sources: [
      { name: "fleet", from: layout.certificate, names: [domain, `*.${domain}`] },
      { name: "peers", from: layout.peers.certificate, names: [peerName(domain)] },
    ],
  };
}

function heldFolder(layout: NodeLayout): string {
  return `${layout.data}/certificates/held`;
}
