import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestRunner } from "../../runner/runnerFixture.ts";

/** Gives the node its secrets. */
export function writeSecrets({ config }: TestRunner, secrets: Readonly<Record<string, string>>): void {
  mkdirSync(config.secretsDir, { recursive: true, mode: 0o700 });
  for (const [name, value] of Object.entries(secrets))
    writeFileSync(join(config.secretsDir, name), value, { mode: 0o600 });
}
