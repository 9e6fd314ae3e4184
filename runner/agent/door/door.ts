import { createHash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Log } from "../../log.ts";
import { type DoorFunction, doorFunctions } from "../../policies/doorFunction.ts";
import {
  DOOR_MAP_FILES,
  type DoorMaps,
  doorMaps,
  NO_MAPS,
  policySecrets,
  REFUSALS_TABLE,
} from "../../policies/doorMaps.ts";
import { readBounded, writeWhole } from "../../release/files.ts";
import type { ReleasedFunction } from "../../release/types.ts";
import { readSecret } from "../../secretFiles.ts";
import type { DoorConfig } from "../config.ts";
import { LastingFaults, messageOf } from "../lastingFaults.ts";
import type { AgentMetrics } from "../metrics.ts";
import { HaproxyCommands } from "./haproxyCommands.ts";

/** Secrets may have changed, and HAProxy may have been started anew: looked at so often. */
const CHECK_MS = 5_000;
const RETRY_MS = 250;
/** The node's HAProxy may be another user of the same group. */
const READABLE = 0o640;
const MAP_BYTES_MAX = 64 * 1024 * 1024;
/** Key under which a map says what it is made from. */
const MARK = "made-from";

interface DoorParts {
  readonly config: DoorConfig;
  readonly region: string;
  readonly metrics: AgentMetrics;
  readonly log: Log;
}

interface Served {
  /** Functions that this node serves. */
  readonly functions: readonly DoorFunction[];
  readonly maps: DoorMaps;
  /** Of the maps and of secrets' values. */
  readonly digest: string;
}

/**
 * Keeps HAProxy's maps at what the release that the node serves asks for: as files, which a HAProxy that starts reads, and in the
 * HAProxy that runs. While that fails, functions with other policies than the maps have answer nothing: the router compares.
 */
export class Door {
  readonly #config: DoorConfig;
  readonly #region: string;
  readonly #metrics: AgentMetrics;
  readonly #log: Log;
  readonly #judge: HaproxyCommands;
  readonly #door: HaproxyCommands;
  readonly #faults: LastingFaults;
  #served: Served | null = null;
  /** Requests under way may still be on their way through it. */
  #before: DoorMaps = NO_MAPS;
  #isWritten = false;
  #isInPlace = false;
  #notBefore = 0;

  constructor({ config, region, metrics, log }: DoorParts) {
    this.#config = config;
    this.#region = region;
    this.#metrics = metrics;
    this.#log = log;
    this.#judge = new HaproxyCommands(config.policies);
    this.#door = new HaproxyCommands(config.routes);
    this.#faults = new LastingFaults(log);
  }

  /** Makes the maps where they are not there yet, so that HAProxy can start. */
  async open(): Promise<void> {
    await mkdir(this.#config.folder, { recursive: true, mode: 0o750 });
    for (const name of Object.values(DOOR_MAP_FILES)) {
      const path = join(this.#config.folder, name);
      if ((await readBounded(path, MAP_BYTES_MAX)) === null) await writeWhole(path, Buffer.alloc(0), READABLE);
    }
  }

  /** The node serves this release from now on: those of its functions that are of the node's region. */
  async serve(release: readonly ReleasedFunction[]): Promise<void> {
    await this.#make(doorFunctions(release, this.#region));
    await this.#put();
  }

  /** Looks after what may have changed meanwhile; cheap, for every turn of the agent's loop. */
  async tick(): Promise<void> {
    const nowMs = performance.now();
    if (this.#served === null || nowMs < this.#notBefore) return;
    await this.#make(this.#served.functions);
    await this.#put();
    this.#notBefore = nowMs + (this.#isInPlace ? CHECK_MS : RETRY_MS);
  }

  /** Refusals so far by function and by what refused. */
  async refusals(): Promise<{ readonly function: string; readonly policy: string; readonly count: number }[]> {
    const counts = await this.#judge.counts(REFUSALS_TABLE).catch(() => new Map<string, number>());
    const names = new Map([...this.#before.policies, ...(this.#served?.maps.policies ?? [])]);
    return [...counts].map(([key, count]) => {
      const [id = "", policy = ""] = key.split(":");
      return { function: names.get(id) ?? "", policy, count };
    });
  }

  async #make(functions: readonly DoorFunction[]): Promise<void> {
    const { issuers, hasCountries } = this.#config;
    try {
      const tokenSecrets = issuers.flatMap(({ secret }) => secret ?? []);
      const secrets = await this.#readSecrets([...policySecrets(functions), ...tokenSecrets]);
      const usable = issuers.filter(({ secret }) => secret === null || secrets.has(secret));
      const maps = doorMaps(functions, { issuers: usable.map(({ name }) => name), hasCountries, secrets });
      const policies = new Map(maps.policies);
      for (const { name, secret } of issuers) {
        const value = secret === null ? undefined : secrets.get(secret);
        if (value !== undefined && maps.stamp !== "")
          policies.set(`issuer:${name}`, Buffer.from(value).toString("base64"));
      }
      const made = { ...maps, policies };
      const digest = digestOf(made);
      if (digest === this.#served?.digest) return;
      if (this.#served !== null && this.#served.maps.stamp !== maps.stamp) this.#before = this.#served.maps;
      this.#served = { functions, maps: made, digest };
      this.#isWritten = false;
      this.#isInPlace = false;
      this.#faults.passed("policies");
    } catch (error) {
      if (
        this.#faults.met("policies", "functions' policies cannot be written down; those that changed answer 503", error)
      ) {
        this.#metrics.add("door_errors_total");
      }
    }
  }

  async #put(): Promise<void> {
    if (this.#served === null) return;
    const { maps, digest } = this.#served;
    const files = {
      policies: join(this.#config.folder, DOOR_MAP_FILES.policies),
      hosts: join(this.#config.folder, DOOR_MAP_FILES.hosts),
    };
    const lines = {
      policies: linesOf(new Map([...inner(this.#before), ...maps.policies, [MARK, digest]])),
      hosts: linesOf(maps.hosts),
    };
    try {
      for (const name of this.#isWritten ? [] : (["policies", "hosts"] as const)) {
        await writeWhole(files[name], Buffer.from(lines[name].map((line) => `${line}\n`).join("")), READABLE);
      }
      this.#isWritten = true;
      if (this.#isInPlace && (await this.#isKnown(files.policies, digest))) return;
      this.#isInPlace = false;
      // Whatever leads to something comes after it: what a policy asks, the steps to it, the hosts from which they go.
      await this.#judge.replaceMap(files.policies, lines.policies);
      await this.#door.replaceMap(files.policies, lines.policies);
      await this.#door.replaceMap(files.hosts, lines.hosts);
      this.#isInPlace = true;
      this.#faults.passed("door");
      this.#metrics.add("door_updates_total");
      this.#log("info", "policies in place", { lines: lines.policies.length, policies: digest });
    } catch (error) {
      this.#isInPlace = false;
      if (isNotRunning(error)) return;
      this.#metrics.add("door_errors_total");
      this.#faults.met("door", "HAProxy cannot be told of functions' policies; it reads them when it starts", error);
    }
  }

  async #isKnown(map: string, digest: string): Promise<boolean> {
    for (const haproxy of [this.#judge, this.#door]) if ((await haproxy.valueIn(map, MARK)) !== digest) return false;
    return true;
  }

  async #readSecrets(names: readonly string[]): Promise<Map<string, string>> {
    const values = new Map<string, string>();
    for (const name of new Set(names)) {
      try {
        values.set(name, await readSecret(this.#config.secretsDir, name, { owner: "policies", what: "policies" }));
        this.#faults.passed(`secret ${name}`);
      } catch (error) {
        this.#faults.met(
          `secret ${name}`,
          "a secret of policies cannot be used; they let nothing pass",
          messageOf(error),
        );
      }
    }
    return values;
  }
}

/** Nobody listens: a HAProxy that starts reads the files. */
function isNotRunning(error: unknown): boolean {
  const { code } = ((error as Error).cause ?? {}) as NodeJS.ErrnoException;
  return code === "ENOENT" || code === "ECONNREFUSED";
}

/** What leads on within a table, without what leads into it. */
function inner({ policies }: DoorMaps): [string, string][] {
  return [...policies].filter(([key]) => !key.startsWith("h:"));
}

function linesOf(map: ReadonlyMap<string, string>): string[] {
  return [...map].map(([key, value]) => `${key} ${value}`);
}

function digestOf({ policies, hosts }: DoorMaps): string {
  return createHash("sha256")
    .update(JSON.stringify([[...policies], [...hosts]]))
    .digest("hex")
    .slice(0, 16);
}
