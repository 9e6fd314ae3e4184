import type { FunctionSource, RunnableType } from "../protocol/messages.ts";
import type { FunctionManifest, ModuleRef } from "./types.ts";

/** What a worker has a use for, in the order in which it gets it: all but source maps. */
export function runnableModules({ modules }: Pick<FunctionManifest, "modules">): ModuleRef[] {
  return modules.filter(({ type }) => type !== "map");
}

/** A version as a worker is given it. @param values plain variables and secrets */
export function functionSource(manifest: FunctionManifest, values: Readonly<Record<string, string>>): FunctionSource {
  const { name, version, entry, limits, bindings, schedules, passThrough } = manifest;
  const modules = runnableModules(manifest).map(({ name, type, bytes }) => ({
    name,
    type: type as RunnableType,
    bytes,
  }));
  const isScheduled = schedules.length > 0;
  return { name, version, entry, limits, env: values, bindings, isScheduled, passThrough, modules };
}
