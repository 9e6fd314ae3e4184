import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { inParallel } from "../inParallel.ts";
import type { Log } from "../log.ts";
import { parseJson, RELEASE_BYTES_MAX, tooLarge, validateReleaseInTurns } from "../release/manifest.ts";
import type { FunctionManifest, FunctionStatus, ReleasedFunction } from "../release/types.ts";
import { RouteError } from "../routes/routeError.ts";
import { SecretError } from "../secretFiles.ts";
import { GOES_ON_MS } from "./brokerGrants.ts";
import type { Clock } from "./clock.ts";
import { Deployment } from "./deployment.ts";
import type { FunctionStates } from "./health/functionStates.ts";
import type { Metrics } from "./metrics.ts";
import type { StackMapper } from "./stackMapper.ts";
import { type Outcomes, tryVersions } from "./tryVersions.ts";
import { type MadeVersions, makeVersions, type Versions } from "./versions.ts";
import type { WorkerPool } from "./workerPool.ts";

/** How long a new version waits for the worker that tries it, ms. */
const WORKER_WITHIN_MS = 10_000;
/** New versions of one release whose isolates stay warm in the worker that tried them; more would only evict each other. */
const KEPT_MAX = 16;
/** Files read at once. */
const READS_AT_ONCE = 16;

/** What is served now; replaced as a whole. */
export interface ActiveRelease extends Versions {
  readonly release: number;
  readonly generation: number;
}

export interface Activation {
  /** `unavailable`: there was no worker to try it in; the same release may be given again. */
  readonly status: "active" | "refused" | "unavailable";
  readonly reason?: string;
  readonly functions: Readonly<Record<string, FunctionStatus>>;
}

interface ReleasesParts {
  readonly region: string;
  readonly releasesDir: string;
  readonly secretsDir: string;
  /** Private workers that the node has. */
  readonly privateWorkers: number;
  readonly pool: WorkerPool;
  readonly states: FunctionStates;
  readonly metrics: Metrics;
  readonly stacks: StackMapper;
  readonly clock: Clock;
  readonly log: Log;
}

/** A release that is not served yet. */
interface Made extends MadeVersions {
  /** Why functions are switched off in it, by name. */
  readonly disabled: ReadonlyMap<string, string>;
  /** Those that were made for it. */
  readonly made: readonly Deployment[];
}

/** Takes releases in: read, checked and tried whole before one assignment makes them the table that requests see. */
export class Releases {
  readonly #parts: ReleasesParts;
  readonly #byKey = new Map<number, Deployment>();
  #active: ActiveRelease | undefined;
  #deploying: ReadonlyMap<string, string> = new Map();
  #lastKey = 0;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(parts: ReleasesParts) {
    this.#parts = parts;
  }

  get active(): ActiveRelease | undefined {
    return this.#active;
  }

  /** Functions of which a version is being tried now, and that version. */
  get deploying(): ReadonlyMap<string, string> {
    return this.#deploying;
  }

  deploymentOf(key: number): Deployment | undefined {
    return this.#byKey.get(key);
  }

  /** One release at a time, in the order of asking. */
  activate(wanted: { release: number; generation: number }): Promise<Activation> {
    const turn = this.#turn.then(() => this.#activate(wanted, { isTried: false }));
    this.#turn = turn.catch(() => {});
    return turn;
  }

  /** Serves what `<releasesDir>/active` names: it was tried when it came, so nothing is tried again. */
  async boot(): Promise<void> {
    const path = join(this.#parts.releasesDir, "active");
    let bytes: Buffer;
    try {
      bytes = await readFile(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
      throw error;
    }
    const pointer = parseActivation(parseJson(bytes, path));
    if (pointer === undefined) {
      this.#parts.log("error", `${path} is not {"generation", "release"}; waiting for the agent`);
      return;
    }
    const { status, reason } = await this.#activate(pointer, { isTried: true });
    if (status !== "active")
      this.#parts.log("error", "the release on disk cannot be served; waiting for the agent", { ...pointer, reason });
  }

  async #activate(
    wanted: { release: number; generation: number },
    { isTried }: { isTried: boolean },
  ): Promise<Activation> {
    const { metrics, log } = this.#parts;
    let made: Made;
    try {
      made = await this.#read(wanted.release, isTried ? "shared" : "probation");
    } catch (error) {
      const { message } = error as Error;
      const owner = ownerOf(error as Error);
      const functions =
        owner === undefined ? {} : { [owner]: { version: "", status: "refused" as const, reason: message } };
      metrics.add("edge_runner_release_refusals_total", {});
      log("error", "a release was refused", { ...wanted, reason: message });
      return { status: "refused", reason: message, functions };
    }
    const functions: Record<string, FunctionStatus> = {};
    for (const { manifest } of made.deployments.values())
      functions[manifest.name] = { version: manifest.version, status: "active" };
    const reasons: string[] = [];
    const outcomes = await this.#try(made, isTried);
    if (outcomes === undefined) {
      this.#forget(made.made);
      return { status: "unavailable", reason: "no worker could try it; give the release again", functions: {} };
    }
    for (const [deployment, outcome] of outcomes) {
      const { name, version } = deployment.manifest;
      if (outcome.ok) continue;
      const reason = await this.#parts.stacks.inSources(
        outcome.reason ?? "it could not be started",
        deployment.sourceMaps,
      );
      functions[name] = { version, status: "refused", reason };
      reasons.push(`${name}: ${reason}`);
    }
    if (reasons.length > 0) {
      this.#forget(made.made);
      metrics.add("edge_runner_release_refusals_total", {});
      const reason = reasons.join("; ");
      log("error", "a release was refused", { ...wanted, reason });
      return { status: "refused", reason, functions };
    }
    for (const deployment of made.fresh) deployment.isTried = true;
    this.#swap({ ...wanted, ...made });
    this.#parts.states.followRelease(made.disabled);
    return { status: "active", functions };
  }

  /** @returns undefined when there was no worker to try them in. */
  async #try({ fresh, made }: Made, isTried: boolean): Promise<Outcomes<Deployment> | undefined> {
    const { starts } = this.#parts.pool;
    const how = { keep: fresh.length <= KEPT_MAX, withinMs: WORKER_WITHIN_MS };
    this.#deploying = new Map(fresh.map(({ manifest }) => [manifest.name, manifest.version]));
    try {
      const outcomes = await tryVersions(isTried ? [] : fresh, (deployment) => starts.try(deployment, how));
      if (outcomes !== undefined) await this.#warmPrivate(fresh);
      return outcomes;
    } catch (error) {
      this.#forget(made);
      throw error;
    } finally {
      this.#deploying = new Map();
    }
  }

  /** A version with a worker of its own waits for that worker now, so that its first request does not. */
  async #warmPrivate(deployments: readonly Deployment[]): Promise<void> {
    const { starts } = this.#parts.pool;
    const those = deployments.filter(({ health }) => health.wantsPrivate);
    await Promise.all(those.map((deployment) => starts.warmPrivate(deployment, WORKER_WITHIN_MS)));
  }

  #swap(next: ActiveRelease): void {
    const previous = this.#active;
    this.#active = next;
    // The agent removes old releases; what stays the same is read from the new one from now on.
    const dir = join(this.#parts.releasesDir, `${next.release}`);
    const kept = new Set(next.byLabel.values());
    for (const deployment of kept) deployment.moveTo(dir);
    this.#forget([...new Set(previous?.byLabel.values())].filter((deployment) => !kept.has(deployment)));
    this.#parts.metrics.set("edge_runner_release", {}, next.release);
    this.#parts.metrics.set("edge_runner_release_generation", {}, next.generation);
    this.#parts.log("info", "a release is active", {
      release: next.release,
      generation: next.generation,
      functions: next.deployments.size,
    });
  }

  async #read(release: number, place: "shared" | "probation"): Promise<Made> {
    const dir = join(this.#parts.releasesDir, `${release}`);
    const path = join(dir, "release.json");
    const bytes = await readFile(path);
    if (bytes.length > RELEASE_BYTES_MAX) throw tooLarge(path, bytes.length, RELEASE_BYTES_MAX);
    const table = await validateReleaseInTurns(parseJson(bytes, path));
    if (table.release !== release) throw new Error(`${path} calls itself release ${table.release}`);
    const isBoot = place === "shared";
    const made: Deployment[] = [];
    const make = (manifest: FunctionManifest, isServing: boolean) => {
      const deployment = this.#newDeployment(manifest, dir, isServing ? place : "probation");
      made.push(deployment);
      return deployment;
    };
    try {
      const versions = await makeVersions(table.functions, { region: this.#parts.region, active: this.#active, make });
      requirePrivateWorkers(versions, this.#parts.privateWorkers);
      await inParallel(versions.fresh, READS_AT_ONCE, async (deployment) => {
        try {
          await deployment.load();
        } catch (error) {
          // What was served before goes on but for the one function: its requests will be told.
          if (!isBoot || !(error instanceof SecretError)) throw error;
          this.#parts.log("error", "a function cannot be served", { reason: error.message });
        }
      });
      return { ...versions, made, disabled: disabledIn(table.functions) };
    } catch (error) {
      this.#forget(made);
      throw error;
    }
  }

  #newDeployment(manifest: FunctionManifest, dir: string, place: "shared" | "probation"): Deployment {
    const deployment = new Deployment(++this.#lastKey, manifest, { release: dir, secrets: this.#parts.secretsDir });
    deployment.health = this.#parts.states.healthOf(manifest, place, manifest.isolation === "private");
    this.#byKey.set(deployment.key, deployment);
    return deployment;
  }

  /** These versions get no new requests; each leaves the workers with its last one, and what goes on of that has its name. */
  #forget(deployments: readonly Deployment[]): void {
    const { clock, metrics, pool } = this.#parts;
    for (const deployment of deployments) {
      const forget = () => {
        this.#byKey.delete(deployment.key);
        metrics.retire(deployment.manifest);
      };
      pool.retire(deployment, () => void clock.after(GOES_ON_MS, forget));
    }
  }
}

/** `{"release", "generation"}`, or undefined when the value is something else. */
export function parseActivation(value: unknown): { release: number; generation: number } | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { release, generation } = value as Record<string, unknown>;
  const good = [release, generation].every((number) => Number.isSafeInteger(number) && (number as number) > 0);
  return good ? { release: release as number, generation: generation as number } : undefined;
}

function requirePrivateWorkers({ deployments, splits }: Versions, available: number): void {
  const serving = [...deployments.values(), ...[...splits.values()].map(({ candidate }) => candidate)];
  const names = serving.filter(({ manifest }) => manifest.isolation === "private").map(({ manifest }) => manifest.name);
  if (names.length <= available) return;
  throw new Error(
    `isolation: ${names.length} functions ask for a worker of their own (${names.join(", ")}), the node has privateWorkers: ` +
      `${available}; give it more, or let some of them share`,
  );
}

function disabledIn(functions: readonly ReleasedFunction[]): ReadonlyMap<string, string> {
  const disabled = functions.filter(({ status }) => status === "disabled");
  return new Map(disabled.map(({ name, deployed: { reason } }) => [name, reason || "it is off in the release"]));
}

/** The function at fault, where one is. */
function ownerOf(error: Error): string | undefined {
  if (error instanceof SecretError) return error.owner;
  const fault = error instanceof RouteError ? error : error.cause;
  return fault instanceof RouteError ? fault.owner : undefined;
}
