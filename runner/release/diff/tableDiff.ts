import type { ReleasedFunction } from "../types.ts";
import { type Fact, factsOf } from "./facts.ts";

/** One thing of a function that is not as before. */
export type Change =
  | { readonly what: string; readonly from: string; readonly to: string }
  | {
      readonly what: string;
      readonly added: readonly string[];
      readonly removed: readonly string[];
      /** Still there, with another content. */
      readonly altered: readonly string[];
    };

/** A function that is not as before. */
export interface FunctionDiff {
  readonly name: string;
  readonly kind: "added" | "removed" | "changed";
  /** Of one that is added all that it has, of one that is removed nothing. */
  readonly changes: readonly Change[];
}

/** What another table of functions changes, sorted by name; empty where it changes nothing. Who last changed a function, when and why is no difference. */
export function tableDiff(
  before: readonly ReleasedFunction[],
  after: readonly ReleasedFunction[],
): readonly FunctionDiff[] {
  const old = new Map(before.map((released) => [released.name, released]));
  const now = new Map(after.map((released) => [released.name, released]));
  return [...new Set([...old.keys(), ...now.keys()])].sort().flatMap((name): FunctionDiff[] => {
    const was = old.get(name);
    const is = now.get(name);
    if (is === undefined) return [{ name, kind: "removed", changes: [] }];
    const changes = factChanges(was === undefined ? [] : factsOf(was), factsOf(is));
    if (was === undefined) return [{ name, kind: "added", changes }];
    return changes.length === 0 ? [] : [{ name, kind: "changed", changes }];
  });
}

function factChanges(before: readonly Fact[], after: readonly Fact[]): Change[] {
  const old = new Map(before.map((fact) => [fact.what, fact]));
  return after.flatMap((fact): Change[] => {
    const { what } = fact;
    const was = old.get(what);
    if ("value" in fact) {
      const from = was !== undefined && "value" in was ? was.value : "";
      return from === fact.value ? [] : [{ what, from, to: fact.value }];
    }
    const had = was !== undefined && "items" in was ? was.items : new Map<string, string>();
    const added = [...fact.items.keys()].filter((item) => !had.has(item));
    const removed = [...had.keys()].filter((item) => !fact.items.has(item));
    const altered = [...fact.items].filter(([item, is]) => had.has(item) && had.get(item) !== is).map(([item]) => item);
    return added.length + removed.length + altered.length === 0 ? [] : [{ what, added, removed, altered }];
  });
}
