import path from "node:path";
import type { CertificatesConfig } from "@edge-fleet/runner/agent/certificates/config";
import { commandSocket } from "./commandSockets.ts";
import type { NodeConfig, NodeLayout } from "./nodeConfig.ts";

/** What clients are shown, and what other nodes are. */
export type CertificateName = "fleet" | "peers";

/** Names of the secrets that have them. */
export type CertificateSecrets = Readonly<Record<CertificateName, string>>;

/** The secret with the certificate that nodes show each other lies beside that for clients. */
export function certificateSecrets(fleet: string): CertificateSecrets {
  return { fleet, peers: `${fleet}-peers` };
}

/** The agent's verified copy, from which HAProxy starts. */
export function heldCertificate(layout: NodeLayout, name: CertificateName): string {
  return `${heldFolder(layout)}/${name}.pem`;
}

/** Name that every node's certificate for other nodes is for. */
export function peerName(domain: string): string {
  return `peers.${domain}`;
}

/** What the agent brings from where certificates are issued. */
export function certificatesConfig({ domain, region, cloud }: NodeConfig, layout: NodeLayout): CertificatesConfig {
  return {
    held: heldFolder(layout),
    haproxy: commandSocket(layout, "haproxy"),
    revoked: path.join(path.dirname(layout.certificate), "revoked"),
    sources: [
      { name: "fleet", from: layout.certificate, names: [domain, `*.${domain}`] },
      { name: "peers", from: layout.peers.certificate, names: [peerName(domain)] },
    ],
    managed: cloud && {
      regions: [...new Set([region, cloud.home])],
      endpoint: null,
      certificates: [
        { secret: cloud.certificateSecrets.fleet, file: layout.certificate, authority: null },
        {
          secret: cloud.certificateSecrets.peers,
          file: layout.peers.certificate,
          authority: layout.peers.authority,
        },
      ],
    },
  };
}

function heldFolder(layout: NodeLayout): string {
  return `${layout.data}/certificates/held`;
}
