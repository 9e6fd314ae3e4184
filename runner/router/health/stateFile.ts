import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { open, rename } from "node:fs/promises";
import { dirname } from "node:path";
import type { Log } from "../../log.ts";
import type { Place } from "./functionHealth.ts";

const SCHEMA = 1;

/** A version that was put apart for what it did. */
export interface RememberedVersion {
  readonly version: string;
  readonly place: Extract<Place, "private" | "quarantined">;
  readonly quarantines: number;
  readonly reason: string;
  /** End of the quarantine, ISO 8601; null without one. */
  readonly until: string | null;
}

/** What the router remembers of functions across restarts, by name. */
export interface RememberedStates {
  readonly disabled: Readonly<Record<string, { readonly reason: string }>>;
  readonly apart: Readonly<Record<string, RememberedVersion>>;
}

const NOTHING: RememberedStates = { disabled: {}, apart: {} };

/** A small file that is replaced whole: a crash leaves the old or the new one. */
export class StateFile {
  readonly #path: string;
  readonly #log: Log;
  #writing: Promise<void> = Promise.resolve();

  constructor(path: string, log: Log) {
    this.#path = path;
    this.#log = log;
  }

  /** What was written last. A file that cannot be read or understood counts as none and is logged. */
  read(): RememberedStates {
    try {
      const states = parseStates(readFileSync(this.#path, "utf8"));
      if (states !== undefined) return states;
      this.#log("error", "the file of function states is damaged; every function counts as active", {
        path: this.#path,
      });
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code !== "ENOENT") {
        this.#log("error", "the file of function states cannot be read; every function counts as active", {
          reason: message,
        });
      }
    }
    return NOTHING;
  }

  /** One write at a time, in the order of asking. @throws Error when the disk does not take it. */
  write(states: RememberedStates): Promise<void> {
    const text = `${JSON.stringify({ schema: SCHEMA, ...states }, null, 2)}\n`;
    const written = this.#writing.then(() => this.#replace(text));
    this.#writing = written.catch((error: Error) => {
      this.#log("error", "function states could not be written; they end with this process", { reason: error.message });
    });
    return written;
  }

  async #replace(text: string): Promise<void> {
    const temporary = `${this.#path}.new`;
    mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
    try {
      const file = await open(temporary, "w", 0o600);
      try {
        await file.writeFile(text);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, this.#path);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
  }
}

/** @returns undefined for what this code did not write. */
export function parseStates(text: string): RememberedStates | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isRecord(value) || value.schema !== SCHEMA || !isRecord(value.disabled) || !isRecord(value.apart)) {
    return undefined;
  }
  const isDisabled = (entry: unknown) => isRecord(entry) && typeof entry.reason === "string";
  const good = Object.values(value.disabled).every(isDisabled) && Object.values(value.apart).every(isRemembered);
  return good ? ({ disabled: value.disabled, apart: value.apart } as RememberedStates) : undefined;
}

function isRemembered(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { version, place, quarantines, reason, until } = value;
  return (
    typeof version === "string" &&
    typeof reason === "string" &&
    Number.isSafeInteger(quarantines) &&
    (quarantines as number) >= 0 &&
    (place === "private"
      ? until === null
      : place === "quarantined" && typeof until === "string" && !Number.isNaN(Date.parse(until)))
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
