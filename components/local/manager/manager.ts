import fs from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { recordOf, writeRecords } from "./processes.ts";
import { Service } from "./service.ts";
import type { ManagerPaths, ManagerSpec, ManagerStatus, ServiceSpec } from "./spec.ts";

const ROTATE_EVERY_MS = 10_000;
const LOG_CEILING_BYTES = 20 * 1024 * 1024;

/** Keeps the services of one node: ordered start, restart of only what changed, stop in reverse order. */
export class Manager {
  readonly #node: string;
  readonly #paths: ManagerPaths;
  #services: Service[] = [];
  /** Reconciles run one after another; the last one wanted wins. */
  #turn: Promise<void> = Promise.resolve();
  readonly #rotation: NodeJS.Timeout;

  constructor(node: string, paths: ManagerPaths) {
    this.#node = node;
    this.#paths = paths;
    this.#rotation = setInterval(() => this.#rotateLogs(), ROTATE_EVERY_MS);
  }

  status(): ManagerStatus {
    return { node: this.#node, pid: process.pid, services: this.#services.map((service) => service.status()) };
  }

  /** Makes the running services those of `specs`: stops what left or changed, starts what is new or changed. */
  reconcile(specs: readonly ServiceSpec[]): Promise<void> {
    return this.#inTurn(async () => {
      // Before anything is stopped: without space for it, all stays as it is.
      this.#saveSpec({ node: this.#node, services: specs });
      await this.#apply(specs);
    });
  }

  /** Stops everything; the spec stays, for it is what the next manager is to run. */
  async stop(): Promise<void> {
    clearInterval(this.#rotation);
    await this.#inTurn(() => this.#apply([]));
  }

  #inTurn(action: () => Promise<void>): Promise<void> {
    // One that failed is told to its caller and keeps nobody else from theirs.
    this.#turn = this.#turn.catch(() => {}).then(action);
    return this.#turn;
  }

  async #apply(specs: readonly ServiceSpec[]): Promise<void> {
    const wanted = new Map(specs.map((spec) => [spec.name, spec]));
    const kept = this.#services.filter((service) => isKept(service, wanted.get(service.spec.name)));
    const leaving = this.#services.filter((service) => !kept.includes(service));
    await stopInReverseOrder(leaving);
    this.#services = specs.map((spec) => kept.find((service) => service.spec.name === spec.name) ?? this.#create(spec));
    this.#advance();
  }

  #create(spec: ServiceSpec): Service {
    return new Service(spec, `${this.#paths.logDir}/${spec.name}.log`, () => this.#advance());
  }

  /** Starts every waiting service whose forerunners are healthy, and notes who runs. */
  #advance(): void {
    for (const service of this.#services) {
      if (service.state !== "waiting") continue;
      const forerunners = this.#services.filter((other) => service.spec.after.includes(other.spec.name));
      if (forerunners.every((other) => other.state === "running")) service.start();
    }
    const records = this.#services.flatMap((service) =>
      service.pid === null ? [] : (recordOf(service.spec.name, service.pid) ?? []),
    );
    try {
      writeRecords(this.#paths.processesFile, records);
    } catch (error) {
      // A full disk must not stop the services that run.
      console.error(`cannot write ${this.#paths.processesFile}: ${error}`);
    }
  }

  #saveSpec(spec: ManagerSpec): void {
    const temporary = `${this.#paths.specFile}.${process.pid}.tmp`;
    fs.writeFileSync(temporary, JSON.stringify(spec, null, 2), { mode: 0o600 });
    fs.renameSync(temporary, this.#paths.specFile);
  }

  /** Services write to their log themselves (opened for appending), so it is copied and emptied in place. */
  #rotateLogs(): void {
    for (const service of this.#services) {
      const file = `${this.#paths.logDir}/${service.spec.name}.log`;
      const size = fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0;
      if (size < LOG_CEILING_BYTES) continue;
      try {
        fs.copyFileSync(file, `${file}.1`);
      } catch (error) {
        console.error(`cannot keep the old log of ${service.spec.name}: ${error}`);
        fs.rmSync(`${file}.1`, { force: true });
      }
      // Also when there was no room for the copy: an emptied log is better than a full disk.
      fs.truncateSync(file, 0);
    }
  }
}

/** The same service with the same digest; one that does not run is given its new place, too, should that have moved. */
function isKept(service: Service, spec: ServiceSpec | undefined): boolean {
  if (spec === undefined || spec.digest !== service.spec.digest) return false;
  return service.state === "running" || JSON.stringify(spec) === JSON.stringify(service.spec);
}

/** A service goes only when nothing that started after it is left. */
async function stopInReverseOrder(services: readonly Service[]): Promise<void> {
  const left = new Set(services);
  const stopping = new Map<Service, Promise<void>>();
  while (left.size > 0) {
    for (const service of left) {
      const needed = [...left].some((other) => other.spec.after.includes(service.spec.name));
      if (needed || stopping.has(service)) continue;
      stopping.set(
        service,
        service.stop().then(() => void left.delete(service)),
      );
    }
    await Promise.race([...stopping.entries()].filter(([service]) => left.has(service)).map(([, done]) => done));
    await delay(0);
  }
}
