import { statSync } from "node:fs";
import { join } from "node:path";
import type { FunctionManifest } from "@edge-fleet/runner/release/types";
import { showRoute } from "@edge-fleet/runner/routes/route";
import { ConfigError } from "../../components/config/problems.ts";
import { BundleError } from "../../components/functions/problems.ts";
import type { Environment } from "../environment.ts";
import { CommandError, UsageError } from "../errors.ts";
import { type Output, styled } from "../output.ts";
import { readStackConfig } from "../project.ts";
import { buildForRunner, modulesDir } from "./build.ts";
import type { LocalRunner } from "./localRunner.ts";

interface DevParts {
  readonly name: string;
  readonly runner: Pick<LocalRunner, "deploy">;
  readonly out: Output;
}

/** One function in a local runner, brought up to date when its sources are saved. What cannot be loaded leaves the version before serving. */
export class DevFunction {
  readonly #environment: Environment;
  readonly #parts: DevParts;
  #config: Environment["config"];
  #served: ReadonlyMap<string, FunctionManifest> = new Map();

  constructor(environment: Environment, parts: DevParts) {
    this.#environment = environment;
    this.#parts = parts;
    this.#config = environment.config;
  }

  /** Of the function itself, as people write them. */
  get routes(): readonly string[] {
    return this.#own?.routes.map(showRoute) ?? [];
  }

  /** @throws BundleError, CommandError when it cannot be served */
  async load(): Promise<void> {
    const { projectDir } = this.#environment;
    const built = await buildForRunner(projectDir, this.#config, [this.#parts.name]);
    if (isSame(built, this.#served)) return;
    const verdict = await this.#parts.runner.deploy([...built.values()], modulesDir(projectDir));
    if (verdict.status !== "active") throw new CommandError(reasonOf(verdict));
    this.#served = built;
  }

  /** Tells what came of it; nothing when the files change nothing. */
  async reload(files: readonly string[]): Promise<void> {
    const { out } = this.#parts;
    const savedMs = Math.max(0, ...files.map((file) => this.#savedMs(file)));
    const before = this.#served;
    try {
      this.#config = readStackConfig(this.#environment.projectDir, this.#environment.stack);
      await this.load();
    } catch (error) {
      if (!isForAuthors(error)) throw error;
      out.stream(
        { kind: "refused", message: error.message },
        () => `${styled("red", "not reloaded")}\n${error.message.trimEnd()}`,
      );
      return;
    }
    if (this.#served === before) return;
    const tookMs = Math.round(Date.now() - savedMs);
    out.stream({ kind: "reloaded", version: this.#own?.version, tookMs }, () =>
      styled("green", `reloaded ${tookMs} ms after it was saved`),
    );
  }

  get #own(): FunctionManifest | undefined {
    return this.#served.get(this.#parts.name);
  }

  #savedMs(file: string): number {
    return statSync(join(this.#environment.projectDir, file), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  }
}

function isSame(a: ReadonlyMap<string, FunctionManifest>, b: ReadonlyMap<string, FunctionManifest>): boolean {
  return a.size === b.size && [...a].every(([name, { version }]) => b.get(name)?.version === version);
}

function isForAuthors(error: unknown): error is Error {
  return [BundleError, ConfigError, CommandError, UsageError].some((type) => error instanceof type);
}

function reasonOf({ reason, functions }: Awaited<ReturnType<LocalRunner["deploy"]>>): string {
  const refused = Object.entries(functions).filter(([, { status }]) => status === "refused");
  const lines = refused.map(([name, status]) => `${name}: ${status.reason}`);
  return lines.length > 0 ? lines.join("\n") : (reason ?? "the isolate runner refused it");
}
