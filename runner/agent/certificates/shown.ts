import { askHaproxy, HaproxySocketError } from "../haproxySocket.ts";
import { CertificateError } from "./certificateError.ts";

/** SHA-1 fingerprint of the certificate that HAProxy shows from this file; null when HAProxy is away. */
export async function shownFingerprint(socket: string, file: string): Promise<string | null> {
  const answer = await unlessAway(askHaproxy(socket, `show ssl cert ${file}`));
  return answer === null ? null : (/^SHA1 FingerPrint: ([0-9A-F]+)$/m.exec(answer)?.[1] ?? "");
}

/**
 * Puts a certificate in the place of the one that HAProxy shows: connections go on, the next handshake has it.
 * False when HAProxy is away: it reads the file when it starts.
 *
 * @throws CertificateError when HAProxy does not take it; then it goes on with what it has.
 */
export async function show(socket: string, file: string, pem: string): Promise<boolean> {
  const set = await unlessAway(askHaproxy(socket, `set ssl cert ${file}`, pem));
  if (set === null) return false;
  const committed = /Transaction (created|updated)/.test(set)
    ? await askHaproxy(socket, `commit ssl cert ${file}`)
    : set;
  if (committed.includes("Success!")) return true;
  await askHaproxy(socket, `abort ssl cert ${file}`);
  throw new CertificateError("ERR_CERTIFICATE_HAPROXY", `HAProxy says: ${committed.trim().replaceAll("\n", " ")}`);
}

async function unlessAway(answer: Promise<string>): Promise<string | null> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof HaproxySocketError) return null;
    throw error;
  }
}
