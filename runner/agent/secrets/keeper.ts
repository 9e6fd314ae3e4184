import { setTimeout as delay } from "node:timers/promises";
import type { Log } from "../../log.ts";
import { SECRET_VALUE_BYTES_MAX } from "../../release/secretStore.ts";
import type { FunctionManifest, ReleasedFunction } from "../../release/types.ts";
import { FETCHED_KINDS, type FetchedKind, parseSecretReference } from "../../secretReference.ts";
import { LastingFaults, messageOf } from "../lastingFaults.ts";
import type { AgentMetrics } from "../metrics.ts";
import type { RunnerControl } from "../runnerControl.ts";
import type { SecretsConfig } from "./config.ts";
import { newSource } from "./newSource.ts";
import { SecretFolder } from "./secretFolder.ts";
import type { Fetched, SecretSource } from "./source.ts";

/** How often the folder is looked at: files that people write are taken so soon, ms. */
const LOOK_MS = 1_000;
/** How soon a source that did not answer is asked again, ms. */
const AWAY_RETRY_MS = 5_000;
/** Nodes that started together do not ask together: up to this share of a source's time is taken off. */
const JITTER = 0.2;

interface KeeperParts {
  readonly config: SecretsConfig;
  readonly region: string;
  readonly runner: Pick<RunnerControl, "renewSecrets">;
  readonly metrics: AgentMetrics;
  readonly log: Log;
}

/**
 * Keeps the values of secrets on the node at what their references say, and tells the runner when one has changed. A value that cannot
 * be fetched any more stays as it was: the fault is logged and counted, and nothing stops.
 */
export class SecretKeeper {
  readonly #parts: KeeperParts;
  readonly #folder: SecretFolder;
  readonly #faults: LastingFaults;
  readonly #sources = new Map<FetchedKind, { readonly source: SecretSource; dueMs: number }>();
  #wanted: ReadonlySet<string>;
  /** Of the files as they were before the runner last read them. */
  #before: string | null = null;
  #told: string | null = null;

  constructor(parts: KeeperParts) {
    this.#parts = parts;
    this.#folder = new SecretFolder(parts.config.folder);
    this.#faults = new LastingFaults(parts.log);
    this.#wanted = new Set(parts.config.always);
  }

  /** Fetches what a release needs and the node lacks, before the runner is told of the release. */
  async bring(functions: readonly ReleasedFunction[]): Promise<void> {
    const wanted = this.#wantedOf(functions);
    await this.#guarded(async () => {
      await this.#folder.open();
      const lacking: string[] = [];
      for (const reference of wanted) if (!(await this.#folder.has(reference))) lacking.push(reference);
      for (const kind of FETCHED_KINDS) await this.#fetch(kind, ofKind(lacking, kind));
      this.#before = await this.#folder.stampOf(wanted);
    });
  }

  /** The node serves this release from now on. */
  serve(functions: readonly ReleasedFunction[]): void {
    this.#wanted = this.#wantedOf(functions);
    this.#told = this.#before;
    this.#before = null;
  }

  /** Runs until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#guarded(() => this.#look());
      await delay(LOOK_MS, null, { signal }).catch(() => {});
    }
  }

  async #look(): Promise<void> {
    await this.#folder.open();
    const nowMs = performance.now();
    for (const kind of FETCHED_KINDS) {
      const references = ofKind([...this.#wanted], kind);
      if (references.length === 0 || nowMs < (this.#sources.get(kind)?.dueMs ?? 0)) continue;
      await this.#fetch(kind, references);
    }
    await this.#folder.removeUnwanted(this.#wanted, nowMs);
    const wanted = this.#wanted;
    const stamp = await this.#folder.stampOf(wanted);
    if (stamp === this.#told || wanted.size === 0) return;
    const { renewed, refused } = await this.#parts.runner.renewSecrets();
    if (this.#wanted === wanted) this.#told = stamp;
    if (renewed.length > 0) this.#parts.log("info", "functions have new secrets", { functions: renewed });
    for (const [name, reason] of Object.entries(refused)) {
      this.#faults.met(`function ${name}`, "a function cannot be given its secrets", reason);
    }
    for (const name of renewed) this.#faults.passed(`function ${name}`);
  }

  async #fetch(kind: FetchedKind, references: readonly string[]): Promise<void> {
    if (references.length === 0) return;
    const known = this.#sources.get(kind) ?? { source: await newSource(kind, this.#parts.config), dueMs: 0 };
    this.#sources.set(kind, known);
    const fetched = await known.source.fetch(references);
    const isAway = [...fetched.values()].some((one) => "fault" in one && one.fault === "away");
    const everyMs = isAway ? Math.min(AWAY_RETRY_MS, known.source.everyMs) : known.source.everyMs;
    known.dueMs = performance.now() + everyMs * (1 - JITTER * Math.random());
    for (const [reference, one] of fetched) await this.#take(reference, fit(reference, one));
  }

  async #take(reference: string, fetched: Fetched): Promise<void> {
    const { metrics, log } = this.#parts;
    if ("fault" in fetched) {
      metrics.add("secret_errors_total", fetched.fault);
      this.#faults.met(
        `secret ${reference}`,
        "a secret cannot be fetched; what the node has of it stays",
        fetched.reason,
      );
      return;
    }
    if (await this.#folder.write(reference, fetched.value)) {
      metrics.add("secret_changes_total");
      log("info", "a secret has another value", { secret: reference });
    }
    this.#faults.passed(`secret ${reference}`);
  }

  async #guarded(action: () => Promise<void>): Promise<void> {
    try {
      await action();
      this.#faults.passed("secrets");
    } catch (error) {
      this.#faults.met("secrets", "secrets cannot be brought up to date; trying again", messageOf(error));
    }
  }

  #wantedOf(functions: readonly ReleasedFunction[]): ReadonlySet<string> {
    const isHere = ({ regions }: FunctionManifest) => regions.length === 0 || regions.includes(this.#parts.region);
    const manifests = functions.flatMap(({ manifest, split, previews }) =>
      [manifest, ...(split === null ? [] : [split.manifest]), ...previews.map((preview) => preview.manifest)].filter(
        isHere,
      ),
    );
    const named = manifests.flatMap(({ secrets, policies }) => [
      ...Object.values(secrets),
      ...(policies?.signedUrls?.secrets ?? []),
    ]);
    return new Set([...this.#parts.config.always, ...named]);
  }
}

function ofKind(references: readonly string[], kind: FetchedKind): string[] {
  return references.filter((reference) => parseSecretReference(reference).kind === kind);
}

/** A value that no file of a secret can have is a fault of the secret. */
function fit(reference: string, fetched: Fetched): Fetched {
  if ("fault" in fetched) return fetched;
  const bytes = Buffer.byteLength(fetched.value);
  if (bytes > 0 && bytes <= SECRET_VALUE_BYTES_MAX) return fetched;
  const reason = `${reference}: has ${bytes} bytes, it may have 1 to ${SECRET_VALUE_BYTES_MAX}; set another value`;
  return { fault: "unfit", reason };
}
