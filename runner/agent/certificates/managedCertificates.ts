import { X509Certificate } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Log } from "../../log.ts";
import { readBounded, writeWhole } from "../../release/files.ts";
import { LastingFaults } from "../lastingFaults.ts";
import type { AgentMetrics } from "../metrics.ts";
import { ManagedSecretSource } from "../secrets/secretsManager.ts";
import { CertificateError } from "./certificateError.ts";
import type { ManagedCertificate, ManagedConfig } from "./config.ts";
import { BUNDLE_BYTES_MAX, pemBlocks } from "./pem.ts";

/** Ten thousand calls cost five cents: two secrets on one node, looked at so often, are nine cents a month. */
const EVERY_MS = 300_000;
/** How soon it is tried again what no region gave, ms. */
const RETRY_MS = 10_000;
/** Nodes that started together do not ask together: up to this share of a time is taken off. */
const JITTER = 0.2;
/** The door reads what the agent writes by its group. */
const READABLE = 0o640;

interface Parts {
  readonly managed: ManagedConfig;
  readonly metrics: AgentMetrics;
  readonly log: Log;
}

/** Brings certificates from Secrets Manager to where `Certificates` finds and judges them. What cannot be fetched stays as it is. */
export class ManagedCertificates {
  readonly #parts: Parts;
  readonly #sources: readonly (readonly [region: string, source: ManagedSecretSource])[];
  readonly #faults: LastingFaults;
  /** Whether all of them came the last time. */
  #isWhole = false;

  constructor(parts: Parts) {
    this.#parts = parts;
    const { regions, endpoint } = parts.managed;
    this.#sources = regions.map((region) => [region, new ManagedSecretSource({ region, endpoint })]);
    this.#faults = new LastingFaults(parts.log);
  }

  /** Fetches them again and again until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const waitMs = this.#isWhole ? EVERY_MS : RETRY_MS;
      await delay(waitMs * (1 - JITTER * Math.random()), null, { signal }).catch(() => {});
      if (!signal.aborted) await this.fetch();
    }
  }

  /** Once; never rejected. */
  async fetch(): Promise<void> {
    const taken = this.#parts.managed.certificates.map(async (one) => {
      const text = await this.#text(one.secret);
      return text !== null && (await this.#take(one, text));
    });
    this.#isWhole = (await Promise.all(taken)).every(Boolean);
    if (this.#isWhole) this.#parts.metrics.set("certificate_fetch_timestamp_seconds", Math.floor(Date.now() / 1_000));
  }

  /** The nearest region's; null when none has it, or says so. */
  async #text(name: string): Promise<string | null> {
    const reference = `secretsmanager:${name}`;
    for (const [region, source] of this.#sources) {
      const fetched = (await source.fetch([reference])).get(reference);
      const what = `the secret ${name} in ${region}`;
      if (fetched !== undefined && "value" in fetched) {
        this.#faults.passed(what);
        return fetched.value;
      }
      this.#parts.metrics.add("certificate_fetch_errors_total", fetched?.fault);
      this.#faults.met(what, "a certificate cannot be fetched; what the node has of it stays", fetched?.reason);
    }
    return null;
  }

  async #take({ secret, file, authority }: ManagedCertificate, text: string): Promise<boolean> {
    const { metrics, log } = this.#parts;
    const what = `the certificate of ${secret}`;
    try {
      if (text.length > BUNDLE_BYTES_MAX) {
        throw new CertificateError(
          "ERR_CERTIFICATE_UNREADABLE",
          `${secret} has more than ${BUNDLE_BYTES_MAX} characters`,
        );
      }
      if (authority === null) await put(file, text);
      else {
        const { own, authorities } = parted(text, secret);
        // HAProxy 2.6 loses sight of its certificates when it is given other authorities while it runs.
        const isNew = await put(authority, authorities);
        if (isNew) log("info", "HAProxy believes other authorities from its next start on", { secret });
        await put(file, own);
      }
      this.#faults.passed(what);
      return true;
    } catch (error) {
      const code = error instanceof CertificateError ? error.code : "ERR_CERTIFICATE_UNREADABLE";
      metrics.add("certificate_refusals_total", code);
      this.#faults.met(what, `what came of ${secret} is not fit (${code}); the node goes on with what it has`, error);
      return false;
    }
  }
}

/** Certificates that are their own issuers are whom others are believed by; the rest is what the node shows. */
function parted(text: string, secret: string): { readonly own: string; readonly authorities: string } {
  const isAuthority = ({ type, block }: { type: string; block: string }) => {
    if (type !== "CERTIFICATE") return false;
    const certificate = new X509Certificate(block);
    return certificate.checkIssued(certificate);
  };
  const blocks = pemBlocks(text).map((one) => ({ ...one, isAuthority: isAuthority(one) }));
  const joined = (wanted: boolean) =>
    blocks
      .filter((one) => one.isAuthority === wanted)
      .map(({ block }) => `${block}\n`)
      .join("");
  const authorities = joined(true);
  if (authorities === "") {
    throw new CertificateError("ERR_CERTIFICATE_CHAIN", `${secret} has no authority; put its certificate at the end`);
  }
  return { own: joined(false), authorities };
}

/** False when the file has it already: whoever looks at it would take it for another one. */
async function put(file: string, text: string): Promise<boolean> {
  const bytes = Buffer.from(text);
  if ((await readBounded(file, BUNDLE_BYTES_MAX))?.equals(bytes) === true) return false;
  await mkdir(dirname(file), { recursive: true, mode: 0o750 });
  await writeWhole(file, bytes, READABLE);
  return true;
}
