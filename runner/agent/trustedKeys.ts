import { readFileSync, statSync } from "node:fs";
import type { Log } from "../log.ts";
import { type ReleaseKeys, type ReleaseSigner, readReleaseKeys, readSigner } from "../release/signature.ts";
import type { AgentConfig } from "./config.ts";
import { LastingFaults } from "./lastingFaults.ts";

/** The file with deployers' public keys, read anew when it changes: so keys rotate without a restart. */
export class TrustedKeys {
  /** The node's own key to sign with; null where it has none. */
  readonly signer: ReleaseSigner | null;
  readonly #file: string | null;
  readonly #faults: LastingFaults;
  #stamp = "";
  #keys: ReleaseKeys = [];

  /**
   * @throws Error naming the file and the remedy: without its keys a node takes nothing.
   */
  constructor({ releaseKeys: file, releaseSigner }: Pick<AgentConfig, "releaseKeys" | "releaseSigner">, log: Log) {
    this.#file = file;
    this.signer = releaseSigner === null ? null : readSigner(readFileSync(releaseSigner, "utf8"), releaseSigner);
    this.#faults = new LastingFaults(log);
    if (file !== null) this.#read(file);
  }

  get keys(): ReleaseKeys {
    return this.#keys;
  }

  /** Whether nodes would take what this one writes. */
  get mayWrite(): boolean {
    return this.#file === null || this.signer !== null;
  }

  /** Keys that cannot be read leave those that were. */
  look(): void {
    if (this.#file === null) return;
    try {
      this.#read(this.#file);
      this.#faults.passed("releaseKeys");
    } catch (error) {
      this.#faults.met("releaseKeys", "the deployers' keys cannot be read; those from before stay", error);
    }
  }

  #read(file: string): void {
    const { ino, mtimeMs, size } = statSync(file);
    const stamp = `${ino}-${mtimeMs}-${size}`;
    if (stamp === this.#stamp) return;
    this.#keys = readReleaseKeys(readFileSync(file, "utf8"), file);
    this.#stamp = stamp;
  }
}
