import { mkdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Log } from "../../log.ts";
import { writeWhole } from "../../release/files.ts";
import { LastingFaults, messageOf } from "../lastingFaults.ts";
import type { AgentMetrics } from "../metrics.ts";
import { CertificateError, type CertificateFault } from "./certificateError.ts";
import type { CertificateSource, CertificatesConfig } from "./config.ts";
import { judge, serialOf } from "./judge.ts";
import { type Bundle, readBundle } from "./pem.ts";
import { show, shownFingerprint } from "./shown.ts";

const LOOK_MS = 1_000;

interface Parts {
  readonly config: CertificatesConfig;
  readonly metrics: AgentMetrics;
  readonly log: Log;
}

/**
 * Brings certificates from where they are issued to HAProxy: each is judged first, put into the running HAProxy, and kept in the
 * folder from which it starts. What is not fit is not taken: HAProxy goes on with what it has, and the agent raises an alarm.
 */
export class Certificates {
  readonly #parts: Parts;
  readonly #faults: LastingFaults;
  readonly #refused = new Map<string, CertificateFault>();
  /** When what is held ends, Unix time in ms, by name. */
  readonly #ends = new Map<string, number>();

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#faults = new LastingFaults(parts.log);
  }

  /** When the first of them ends, Unix time in ms; null while none is held. */
  firstEnd(): number | null {
    return this.#ends.size === 0 ? null : Math.min(...this.#ends.values());
  }

  /** Looks until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await delay(LOOK_MS, null, { signal }).catch(() => {});
      if (!signal.aborted) await this.look();
    }
  }

  /** Takes what has come, and judges anew what is in service. */
  async look(): Promise<void> {
    const revoked = await this.#revoked();
    for (const source of this.#parts.config.sources) {
      const came = await faultOf(this.#follow(source, revoked));
      // What is in service may end, too, while nothing comes.
      const held = await faultOf(this.#holds(source, revoked));
      this.#report(source, came ?? held);
    }
  }

  async #follow({ name, from, names }: CertificateSource, revoked: ReadonlySet<string>): Promise<void> {
    const { config, metrics, log } = this.#parts;
    const text = await readOrNull(from);
    if (text === null)
      throw new CertificateError("ERR_CERTIFICATE_MISSING", `${from} is not there; issue a certificate`);
    const bundle = readBundle(text);
    const file = join(config.held, `${name}.pem`);
    const isHeld = (await readOrNull(file)) === bundle.text;
    if (isHeld && (await this.#isShown(file, bundle))) return;
    judge(bundle, { names, revoked, nowMs: Date.now() });
    await show(config.haproxy, file, bundle.text);
    if (!isHeld) await hold(file, bundle.text);
    const { serialNumber, validTo } = bundle.leaf;
    metrics.add("certificate_changes_total");
    log("info", "certificate in service", { certificate: name, serial: serialNumber, until: validTo });
  }

  /** True also when HAProxy is away: it reads the file when it starts. */
  async #isShown(file: string, { leaf }: Bundle): Promise<boolean> {
    const shown = await shownFingerprint(this.#parts.config.haproxy, file);
    return shown === null || shown === leaf.fingerprint.replaceAll(":", "");
  }

  async #holds({ name, names }: CertificateSource, revoked: ReadonlySet<string>): Promise<void> {
    const text = await readOrNull(join(this.#parts.config.held, `${name}.pem`));
    if (text === null) return;
    const bundle = readBundle(text);
    const endMs = bundle.leaf.validToDate.getTime();
    this.#ends.set(name, endMs);
    this.#parts.metrics.set("certificate_end_timestamp_seconds", endMs / 1_000, { certificate: name });
    judge(bundle, { names, revoked, nowMs: Date.now() });
  }

  #report({ name }: CertificateSource, error: CertificateError | null): void {
    const { metrics } = this.#parts;
    metrics.set("certificate_alarm", error === null ? 0 : 1, { certificate: name });
    if (error === null) {
      this.#refused.delete(name);
      this.#faults.passed(name);
      return;
    }
    if (this.#refused.get(name) !== error.code) metrics.add("certificate_refusals_total", error.code);
    this.#refused.set(name, error.code);
    const message = `the certificate ${name} is not fit (${error.code}); HAProxy goes on with what it has`;
    this.#faults.met(name, message, error);
  }

  async #revoked(): Promise<ReadonlySet<string>> {
    const text = await readOrNull(this.#parts.config.revoked).catch((error) => {
      this.#faults.met("revoked", "the list of revoked certificates cannot be read", messageOf(error));
      return null;
    });
    return new Set(
      (text ?? "")
        .split("\n")
        .map(serialOf)
        .filter((serial) => serial !== ""),
    );
  }
}

/** Null when all is well; the alarm else. */
async function faultOf(step: Promise<void>): Promise<CertificateError | null> {
  try {
    await step;
    return null;
  } catch (error) {
    return error instanceof CertificateError
      ? error
      : new CertificateError("ERR_CERTIFICATE_UNREADABLE", messageOf(error));
  }
}

async function readOrNull(file: string): Promise<string | null> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

/** In one step; HAProxy may be of another user, and reads it by its group. */
async function hold(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o750 });
  await writeWhole(file, Buffer.from(text), 0o640);
}
