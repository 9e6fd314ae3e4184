import {
  apply,
  construct,
  defineProperty,
  defineValue,
  freeze,
  getOwnPropertyDescriptor,
  ownKeys,
  withConstructor,
} from "../primordials.ts";
import { reserve, track } from "./live.ts";
import { watchMemory } from "./memories.ts";
import { isMemoryExport, isOwnExport, type NativeWebAssembly, needsOf } from "./native.ts";
import { newStamp } from "./stamp.ts";

const shown = newStamp<object>();

/** `Instance` as V8 has it: counted with its memories and tables, without the exports that are the platform's. */
export function boundInstance({ Instance }: NativeWebAssembly): object {
  const exportsOf = getOwnPropertyDescriptor(Instance.prototype, "exports")?.get as () => object;
  const Bound = withConstructor(Instance, (args, newTarget) => {
    const { bytes, objects } = needsOf(args[0]);
    reserve(bytes, objects);
    const instance = construct(Instance, args, newTarget);
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

function withoutOwn(all: Readonly<Record<string, object>>): object {
  const names = ownKeys(all);
  const own = { __proto__: null };
  for (let index = 0; index < names.length; index++) {
    const name = names[index] as string;
    if (isMemoryExport(name)) watchMemory(all[name] as object);
    else if (isOwnExport(name)) track(all[name] as object);
    else defineValue(own, name, all[name], true);
  }
  return freeze(own);
}
