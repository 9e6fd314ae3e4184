import type { Clock } from "../clock.ts";
import type { Deployment } from "../deployment.ts";
import { type Health, newHealth, QUARANTINE_MS } from "./functionHealth.ts";
import type { RememberedVersion, StateFile } from "./stateFile.ts";

interface StatesParts {
  readonly file: Pick<StateFile, "read" | "write">;
  readonly clock: Clock;
  /** Wall clock, ms since 1970. */
  readonly wallMs: () => number;
}

/** What was decided about functions and outlives the router: who is switched off, and which versions were put apart. */
export class FunctionStates {
  readonly #parts: StatesParts;
  readonly #disabled: Map<string, { readonly reason: string }>;
  readonly #apart: Map<string, RememberedVersion>;
  #disabledByRelease: ReadonlyMap<string, string> = new Map();

  constructor(parts: StatesParts) {
    const { disabled, apart } = parts.file.read();
    this.#parts = parts;
    this.#disabled = new Map(Object.entries(disabled));
    this.#apart = new Map(Object.entries(apart));
  }

  /** Why the function is switched off, on this node or by the release; undefined when it is not. */
  disabledReason(name: string): string | undefined {
    if (this.#disabled.size + this.#disabledByRelease.size === 0) return undefined;
    return this.#disabled.get(name)?.reason ?? this.#disabledByRelease.get(name);
  }

  /** What is switched off in the release that is served from now on, by its reasons. */
  followRelease(disabled: ReadonlyMap<string, string>): void {
    this.#disabledByRelease = disabled;
  }

  /** In force at once. @throws Error when it could not be written, and so will not outlive this process. */
  disable(name: string, reason: string): Promise<void> {
    this.#disabled.set(name, { reason });
    return this.#write();
  }

  /** As {@link disable}. */
  async enable(name: string): Promise<void> {
    if (this.#disabled.delete(name)) await this.#write();
  }

  /** How a version is that comes with a release. @param place where it starts when nothing is remembered of it. */
  healthOf(manifest: { name: string; version: string }, place: "shared" | "probation", wantsPrivate: boolean): Health {
    const fresh = newHealth(place, wantsPrivate);
    const known = this.#apart.get(manifest.name);
    if (known?.version !== manifest.version) return fresh;
    const { quarantines, reason } = known;
    if (known.until === null) return { ...fresh, place: "private", quarantines, reason };
    const { clock, wallMs } = this.#parts;
    // Bounded: the wall clock may have jumped since.
    const leftMs = Math.min(Math.max(Date.parse(known.until) - wallMs(), 0), QUARANTINE_MS.longest);
    return { ...fresh, place: "quarantined", quarantines, reason, untilMs: clock.nowMs() + leftMs };
  }

  /** The version was put apart, or is so no more. */
  note({ manifest, health }: Deployment): void {
    const { place, wantsPrivate, quarantines, untilMs, reason = "" } = health;
    const { name, version } = manifest;
    if (place === "quarantined") {
      const until = new Date(this.#parts.wallMs() + (untilMs ?? 0) - this.#parts.clock.nowMs()).toISOString();
      this.#apart.set(name, { version, place, quarantines, reason, until });
    } else if (place === "private" && !wantsPrivate) {
      this.#apart.set(name, { version, place, quarantines, reason, until: null });
    } else if (this.#apart.get(name)?.version !== version || !this.#apart.delete(name)) return;
    // What fails here is logged by the file.
    this.#write().catch(() => {});
  }

  /** The version has left this node. */
  forget({ manifest: { name, version } }: Deployment): void {
    if (this.#apart.get(name)?.version !== version) return;
    this.#apart.delete(name);
    this.#write().catch(() => {});
  }

  #write(): Promise<void> {
    return this.#parts.file.write({
      disabled: Object.fromEntries(this.#disabled),
      apart: Object.fromEntries(this.#apart),
    });
  }
}
