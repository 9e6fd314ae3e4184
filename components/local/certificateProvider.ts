import fs from "node:fs";
import type { OwnProvider } from "../ownResource.ts";
import { certificateEnd, issueCertificate } from "./authority.ts";
import { stateDir, statePaths } from "./stateDir.ts";

export interface CertificateInputs {
  readonly names: readonly string[];
  readonly addresses: readonly string[];
}

export interface CertificateOutputs extends CertificateInputs {
  /** ISO date. */
  readonly expires: string;
}

/** A certificate with less time than this is renewed by the next `up`. */
const RENEW_BEFORE_MS = 30 * 24 * 60 * 60 * 1_000;

/** The fleet's certificate from its own authority, in the state folder; its key is nowhere else. */
export const certificateProvider: OwnProvider<CertificateInputs, CertificateOutputs> = {
  check: async () => [],
  async create(inputs) {
    return { id: inputs.names[0] as string, outs: await issue(inputs) };
  },
  async read(_id, outs) {
    const end = certificateEnd(paths().certificate);
    return end === null ? null : { ...outs, expires: end.toISOString() };
  },
  changed(olds, news) {
    const expiresSoon = Date.parse(olds.expires) - Date.now() < RENEW_BEFORE_MS;
    return expiresSoon || `${olds.names}` !== `${news.names}` || `${olds.addresses}` !== `${news.addresses}`;
  },
  update: (_id, _olds, news) => issue(news),
  async delete() {
    // The authority stays: people have told their browsers to trust it.
    fs.rmSync(paths().certificate, { force: true });
  },
};

async function issue({ names, addresses }: CertificateInputs): Promise<CertificateOutputs> {
  const { authority, certificate } = paths();
  await issueCertificate({ names, addresses, authorityFile: authority, certificateFile: certificate });
  return { names, addresses, expires: (certificateEnd(certificate) as Date).toISOString() };
}

function paths() {
  return statePaths(stateDir(process.cwd()));
}
