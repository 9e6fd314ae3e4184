import { MEMORY_IMPORTS } from "../../wasm/rules.ts";
import {
  apply,
  construct,
  defineProperty,
  defineValue,
  freeze,
  getOwnPropertyDescriptor,
  getProperty,
  ownKeys,
  withConstructor,
  withGet,
} from "../primordials.ts";
import { reserve, track } from "./live.ts";
import { newMemory } from "./memories.ts";
import { isOwnExport, type NativeWebAssembly, type Needs, needsOf } from "./native.ts";
import { newStamp } from "./stamp.ts";

const shown = newStamp<object>();

/** `Instance` as V8 has it: counted with its memories and tables, without the exports that are the platform's. */
export function boundInstance({ Instance }: NativeWebAssembly): object {
  const exportsOf = getOwnPropertyDescriptor(Instance.prototype, "exports")?.get as () => object;
  const Bound = withConstructor(Instance, (args, newTarget) => {
    const needs = needsOf(args[0]);
    // V8 says what is wrong with it.
    if (!canImport(args[1], needs)) return construct(Instance, args, newTarget);
    reserve(needs.bytes, needs.objects);
    const given = needs.memories.length === 0 ? args : [args[0], withMemories(args[1], needs)];
    const instance = construct(Instance, given, newTarget);
    track(instance);
    const exports = withoutOwn(apply(exportsOf, instance, []) as Readonly<Record<string, object>>);
    shown.put(instance, exports);
    return instance;
  });
  defineValue(Instance.prototype, "constructor", Bound);
  const { get } = getOwnPropertyDescriptor(
    {
      get exports(): object {
        return shown.of(this) ?? (apply(exportsOf, this, []) as object);
      },
    },
    "exports",
  ) as PropertyDescriptor;
  const accessor = { __proto__: null, get, enumerable: true, configurable: true };
  defineProperty(Instance.prototype, "exports", accessor as unknown as PropertyDescriptor);
  return Bound;
}

/** Whether an instance can be made with what the function gives for import, as far as that can be told before it is read. */
function canImport(imports: unknown, { importsMore }: Needs): boolean {
  if (imports === undefined) return !importsMore;
  return (typeof imports === "object" || typeof imports === "function") && imports !== null;
}

/** What the function gives for import, and the module's own memories. */
function withMemories(imports: unknown, { memories }: Needs): object {
  const own = { __proto__: null };
  for (let index = 0; index < memories.length; index++) {
    const { name, initial, maximum } = memories[index] as Needs["memories"][number];
    defineValue(own, name, newMemory({ __proto__: null, initial, maximum }));
  }
  return withGet((name) => (name === MEMORY_IMPORTS ? own : getProperty(imports as object, name as string)));
}

function withoutOwn(all: Readonly<Record<string, object>>): object {
  const names = ownKeys(all);
  const own = { __proto__: null };
  for (let index = 0; index < names.length; index++) {
    const name = names[index] as string;
    if (isOwnExport({ name })) track(all[name] as object);
    else defineValue(own, name, all[name], true);
  }
  return freeze(own);
}
