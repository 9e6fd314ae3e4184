import fs from "node:fs";
import type { OwnProvider } from "../ownResource.ts";
import { certificateEnd, issueCertificate } from "./authority.ts";
import { stateDir, statePaths } from "./stateDir.ts";

export interface CertificateInputs {
  readonly names: readonly string[];
  readonly addresses: readonly string[];
  /** Name that nodes show each other. */
  readonly peers: string;
}

export interface CertificateOutputs extends CertificateInputs {
  /** ISO date. */
  readonly expires: string;
}

/** A certificate with less time than this is renewed by the next `up`. */
const RENEW_BEFORE_MS = 30 * 24 * 60 * 60 * 1_000;

/** The fleet's certificate and that of its nodes, each from an authority of its own, in the state folder; their keys are nowhere else. */
export const certificateProvider: OwnProvider<CertificateInputs, CertificateOutputs> = {
  check: async () => [],
  async create(inputs) {
    return { id: inputs.names[0] as string, outs: await issue(inputs) };
  },
  async read(_id, outs) {
    const end = earliestEnd();
    return end === null ? null : { ...outs, expires: end.toISOString() };
  },
  changed(olds, news) {
    const expiresSoon = Date.parse(olds.expires) - Date.now() < RENEW_BEFORE_MS;
    return (["names", "addresses", "peers"] as const).some((key) => `${olds[key]}` !== `${news[key]}`) || expiresSoon;
  },
  update: (_id, _olds, news) => issue(news),
  async delete() {
    // The authorities stay: people have told their browsers to trust the public one.
    for (const file of files()) fs.rmSync(file, { force: true });
  },
};

async function issue(inputs: CertificateInputs): Promise<CertificateOutputs> {
  const { names, addresses, peers: peerName } = inputs;
  const { authority, certificate, peers } = paths();
  await issueCertificate({ names, addresses, authorityFile: authority, certificateFile: certificate });
  await issueCertificate({
    names: [peerName],
    addresses: [],
    authorityFile: peers.authority,
    certificateFile: peers.certificate,
    forClients: true,
    authorityName: "edge-fleet nodes",
  });
  return { names, addresses, peers: peerName, expires: (earliestEnd() as Date).toISOString() };
}

/** Null when one of them is missing. */
function earliestEnd(): Date | null {
  const ends = files().map(certificateEnd);
  return ends.reduce((first, end) => (first === null || end === null ? null : first < end ? first : end));
}

function files(): [string, string] {
  const { certificate, peers } = paths();
  return [certificate, peers.certificate];
}

function paths() {
  return statePaths(stateDir(process.cwd()));
}
