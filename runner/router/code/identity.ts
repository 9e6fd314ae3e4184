import { statSync } from "node:fs";
import { cpus } from "node:os";
import { basename } from "node:path";
import { WORKER_ARGS } from "../../supervisor/nodeArgs.ts";

/** All that compiled code depends on beside its source: Node's binary, its flags, the CPU, and our own platform. */
export function codeIdentity(): string {
  const { version, versions, arch, execPath, argv } = process;
  const { size, mtimeMs } = statSync(execPath);
  const cpu = cpus()[0]?.model ?? "";
  // The name of our own script has the hash of all our sources.
  return [version, versions.v8, arch, size, mtimeMs, cpu, WORKER_ARGS.join(" "), basename(argv[1] ?? "")].join("\n");
}
