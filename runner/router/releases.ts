import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { inParallel } from "../inParallel.ts";
import type { Log } from "../log.ts";
import { parseJson, RELEASE_BYTES_MAX, tooLarge, validateReleaseInTurns } from "../release/manifest.ts";
import type { FunctionManifest, FunctionStatus, ReleasedFunction } from "../release/types.ts";
import { SecretError } from "../secretFiles.ts";
import {
  type Activation,
  NEWLY,
  ownerOf,
  parseActivation,
  requirePrivateWorkers,
  type Taking,
  type Wanted,
} from "./activation.ts";
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
  /** Versions that cannot run, for want of a secret, and why. */
  readonly lacking: ReadonlyMap<Deployment, string>;
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
interface Made extends MadeVersions, Pick<ActiveRelease, "lacking"> {
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
    return this.#inTurn(() => this.#activate(wanted, NEWLY));
  }

  /**
   * Takes in anew what is served: functions whose secrets have changed are replaced as by a new version.
   *
   * @param stay functions that keep the secrets that they have.
   * @returns undefined before the first release.
   */
  renew(stay: ReadonlySet<string>): Promise<Activation | undefined> {
    return this.#inTurn(async () => this.#active && this.#activate(this.#active, { why: "secrets", stay }));
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
    const { status, reason } = await this.#activate(pointer, { ...NEWLY, why: "boot" });
    if (status !== "active")
      this.#parts.log("error", "the release on disk cannot be served; waiting for the agent", { ...pointer, reason });
  }

  #inTurn<Result>(action: () => Promise<Result>): Promise<Result> {
    const turn = this.#turn.then(action);
    this.#turn = turn.catch(() => {});
    return turn;
  }

  async #activate({ release, generation }: Wanted, how: Taking): Promise<Activation> {
    const wanted = { release, generation };
    let made: Made;
    try {
      made = await this.#read(release, how);
    } catch (error) {
      const { message } = error as Error;
      const owner = ownerOf(error as Error);
      const functions =
        owner === undefined ? {} : { [owner]: { version: "", status: "refused" as const, reason: message } };
      return this.#refused(wanted, how, { reason: message, functions });
    }
    const functions: Record<string, FunctionStatus> = {};
    for (const { manifest } of made.deployments.values())
      functions[manifest.name] = { version: manifest.version, status: "active" };
    for (const [{ manifest }, reason] of made.lacking)
      functions[manifest.name] = { version: manifest.version, status: "refused", reason };
    const reasons: string[] = [];
    const outcomes = await this.#try(made, how);
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
      return this.#refused(wanted, how, { reason: reasons.join("; "), functions });
    }
    for (const deployment of made.fresh) deployment.isTried = true;
    this.#swap({ ...wanted, ...made });
    this.#parts.states.followRelease(made.disabled);
    return { status: "active", functions };
  }

  #refused(wanted: Wanted, { why }: Taking, said: Omit<Activation, "status">): Activation {
    if (why !== "secrets") {
      this.#parts.metrics.add("edge_runner_release_refusals_total", {});
      this.#parts.log("error", "a release was refused", { ...wanted, reason: said.reason });
    }
    return { status: "refused", ...said };
  }

  /** @returns undefined when there was no worker to try them in. */
  async #try({ fresh, made }: Made, { why }: Taking): Promise<Outcomes<Deployment> | undefined> {
    const { starts } = this.#parts.pool;
    const how = { keep: fresh.length <= KEPT_MAX, withinMs: WORKER_WITHIN_MS };
    this.#deploying = new Map(fresh.map(({ manifest }) => [manifest.name, manifest.version]));
    try {
      const outcomes = await tryVersions(why === "boot" ? [] : fresh, (deployment) => starts.try(deployment, how));
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

  async #read(release: number, { why, stay }: Taking): Promise<Made> {
    const dir = join(this.#parts.releasesDir, `${release}`);
    const path = join(dir, "release.json");
    const bytes = await readFile(path);
    if (bytes.length > RELEASE_BYTES_MAX) throw tooLarge(path, bytes.length, RELEASE_BYTES_MAX);
    const table = await validateReleaseInTurns(parseJson(bytes, path));
    if (table.release !== release) throw new Error(`${path} calls itself release ${table.release}`);
    const place = why === "boot" ? "shared" : "probation";
    const isFirst = this.#active === undefined;
    const made: Deployment[] = [];
    const make = (manifest: FunctionManifest, isServing: boolean) => {
      const deployment = this.#newDeployment(manifest, dir, isServing ? place : "probation");
      made.push(deployment);
      return deployment;
    };
    try {
      const versions = await makeVersions(table.functions, {
        ...{ region: this.#parts.region, active: this.#active },
        ...{ stay, make },
      });
      requirePrivateWorkers(versions, this.#parts.privateWorkers);
      const lacking = new Map<Deployment, string>();
      await inParallel(versions.fresh, READS_AT_ONCE, async (deployment) => {
        try {
          await deployment.load();
        } catch (error) {
          // A node that serves something goes on with that. Else all but the one function are served: its requests will be told.
          const isNew = !isFirst && made.includes(deployment);
          if (isNew || !(error instanceof SecretError)) throw error;
          lacking.set(deployment, error.message);
          this.#parts.log("error", "a function cannot be served", { reason: error.message });
        }
      });
      const fresh = versions.fresh.filter((deployment) => !lacking.has(deployment));
      return { ...versions, fresh, lacking, made, disabled: disabledIn(table.functions) };
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

function disabledIn(functions: readonly ReleasedFunction[]): ReadonlyMap<string, string> {
  const disabled = functions.filter(({ status }) => status === "disabled");
  return new Map(disabled.map(({ name, deployed: { reason } }) => [name, reason || "it is off in the release"]));
}
