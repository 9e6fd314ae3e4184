import type { BootFacts, ModuleBody } from "../worker/isolatePort.ts";
import { safeMap } from "./primordials.ts";
import { webAssembly } from "./wasm/namespace.ts";
import { newModule } from "./wasm/native.ts";

interface Given {
  readonly type: "wasm" | "text" | "data";
  readonly body: ModuleBody;
}

const given = safeMap<string, Given>();

/** Keeps what the function's code may import that is no code. */
export function takeModules(modules: BootFacts["modules"], bodies: readonly ModuleBody[]): void {
  for (let index = 0; index < modules.length; index++) {
    const { name, type } = modules[index] as BootFacts["modules"][number];
    given.set(name, { type, body: bodies[index] as ModuleBody });
  }
}

/**
 * What an import of the module gives: a WebAssembly.Module, a string or an ArrayBuffer. Each once, as code runs once: bytes that
 * became something else are let go.
 */
export function moduleValue(name: string): unknown {
  const found = given.get(name);
  if (found === undefined) throw new ReferenceError(`the function has no module ${name}, or has taken it already`);
  given.delete(name);
  if (found.type !== "wasm") return found.body;
  webAssembly();
  return newModule(found.body as ArrayBuffer);
}
