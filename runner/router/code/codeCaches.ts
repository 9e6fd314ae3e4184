import type { Log } from "../../log.ts";
import type { Metrics } from "../metrics.ts";
import type { CacheFiles, CompiledBytes } from "./cacheFiles.ts";
import type { CompilerQueue } from "./compilerQueue.ts";

/** What V8 may reject of one module before it is left to run from its source. */
const REJECTIONS_MAX = 2;

/** A module that may have a compiled form. */
export interface CompilableModule {
  readonly sha256: string;
  read(): Promise<Buffer>;
}

interface CodeCachesParts {
  readonly files: CacheFiles;
  readonly compiler: Pick<CompilerQueue, "compile">;
  readonly metrics: Metrics;
  readonly log: Log;
}

/** Compiled forms of modules: from disk, else made, once for all who ask meanwhile. Without one a function runs from its source. */
export class CodeCaches {
  readonly #parts: CodeCachesParts;
  readonly #pending = new Map<string, Promise<CompiledBytes | undefined>>();
  readonly #hopeless = new Set<string>();
  readonly #rejections = new Map<string, number>();

  constructor(parts: CodeCachesParts) {
    this.#parts = parts;
  }

  /** @returns undefined when there is none and none can be made. */
  compiled(module: CompilableModule): Promise<CompiledBytes | undefined> {
    const { sha256 } = module;
    if (this.#hopeless.has(sha256)) return Promise.resolve(undefined);
    const pending = this.#pending.get(sha256);
    if (pending !== undefined) return pending;
    const found = this.#find(module)
      .catch((error: Error) => {
        this.#parts.log("warn", "a compiled module could not be kept", { reason: error.message });
        return undefined;
      })
      .finally(() => this.#pending.delete(sha256));
    this.#pending.set(sha256, found);
    return found;
  }

  /** A worker was given the compiled form and says whether V8 took it. */
  async heard(module: CompilableModule | undefined, isTaken: boolean): Promise<void> {
    this.#count(isTaken ? "used" : "rejected");
    if (isTaken || module === undefined) return;
    const { sha256 } = module;
    const rejections = (this.#rejections.get(sha256) ?? 0) + 1;
    this.#rejections.set(sha256, rejections);
    if (rejections >= REJECTIONS_MAX) this.#hopeless.add(sha256);
    await this.#parts.files.drop(sha256).catch(() => {});
  }

  async #find({ sha256, read }: CompilableModule): Promise<CompiledBytes | undefined> {
    const { files, compiler, log } = this.#parts;
    const known = await files.read(sha256);
    if (known === "bad") {
      this.#count("bad");
      log("error", "a compiled module was not what this node had written; it is made anew", { module: sha256 });
    } else if (known !== undefined) return known;
    const made = await compiler.compile(read);
    if (made === undefined) {
      this.#hopeless.add(sha256);
      this.#count("failed");
      return undefined;
    }
    this.#count("made");
    await files.write(sha256, made);
    return made;
  }

  #count(outcome: "used" | "made" | "rejected" | "bad" | "failed"): void {
    this.#parts.metrics.add("edge_runner_code_caches_total", { outcome });
  }
}
