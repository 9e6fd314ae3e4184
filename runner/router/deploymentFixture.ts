import type { FunctionManifest } from "../release/types.ts";
import { Deployment } from "./deployment.ts";
import type { VirtualClock } from "./virtualClock.ts";

/** A function version whose modules take a millisecond to read. */
export class FakeDeployment extends Deployment {
  readonly #clock: VirtualClock;
  readonly #body: Buffer;

  constructor(key: number, manifest: FunctionManifest, parts: { clock: VirtualClock; moduleBytes: number }) {
    super(key, manifest, { release: "/nowhere", secrets: "/nowhere" });
    this.#clock = parts.clock;
    this.#body = Buffer.alloc(parts.moduleBytes);
  }

  override get soleModule() {
    return { sha256: "", read: async () => this.#body };
  }

  override async load() {
    await new Promise<void>((resolve) => void this.#clock.after(1, resolve));
    const { name, version, entry, limits, env } = this.manifest;
    const source = { name, version, entry, limits, env, modules: [] };
    return { source, body: this.#body } as unknown as Awaited<ReturnType<Deployment["load"]>>;
  }
}
