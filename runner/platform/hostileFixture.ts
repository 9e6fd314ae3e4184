/** What runs inside an isolate, among hostile prototypes. */
export const HARNESS = `
const { apply, ownKeys, getOwnPropertyDescriptor, getPrototypeOf, defineProperty } = Reflect;
const { toString } = Function.prototype; const { includes } = String.prototype; const { has, add } = Set.prototype;
const isObject = (value) => (typeof value === "object" && value !== null) || typeof value === "function";
const isNative = (value) => typeof value === "function" && apply(includes, apply(toString, value, []), ["[native code]"]);
/** Everything that can be reached from the roots by properties, accessors and prototypes. */
function reach(roots, visit, most) {
  const seen = new Set(); const stack = []; const push = (value) => { if (isObject(value) && !apply(has, seen, [value])) { apply(add, seen, [value]); stack[stack.length] = value; } };
  for (let i = 0; i < roots.length; i++) push(roots[i]);
  for (let count = 0; stack.length > 0 && count < most; count++) {
    const value = stack[stack.length - 1]; stack.length--; visit(value);
    try {
      push(getPrototypeOf(value)); const keys = ownKeys(value);
      for (let i = 0; i < keys.length; i++) { const found = getOwnPropertyDescriptor(value, keys[i]); push(found.value); push(found.get); push(found.set); }
    } catch {}
  }
}
for (const name of Object.getOwnPropertyNames(globalThis)) globalThis[name];
const async = async function* () {}; const generator = function* () {};
const known = new Set(); reach([globalThis, async, generator, async(), generator(), [][Symbol.iterator](), new Map().values(), new Set().values(), ""[Symbol.iterator](), "".matchAll(/x/g), new Intl.Segmenter().segment("a")[Symbol.iterator](), [].values().map((x) => x), new Error("x")],
  (value) => apply(add, known, [value]), 1e6);
/** A function of the host has neither a prototype nor parameters, and is none of the language's. */
function hostFunctions(roots) {
  const found = [];
  reach(roots, (value) => {
    if (!isNative(value) || apply(has, known, [value])) return;
    const keys = ownKeys(value);
    if (value.length === 0 && keys.length === 2 && !apply(includes, value.name, ["bound "])) found[found.length] = value.name;
  }, 200_000);
  return found;
}
const CONSTRUCTORS = [Object, Function, Array, String, Number, Boolean, Symbol, BigInt, Date, Promise, RegExp, Error, TypeError, Map, Set, WeakMap, WeakSet, ArrayBuffer, DataView, Uint8Array, getPrototypeOf(Uint8Array), Iterator];
const ITERATORS = [[][Symbol.iterator](), new Map().values(), new Set().values(), generator(), async()].map(getPrototypeOf);
const PLACES = [...CONSTRUCTORS.flatMap((C) => [C, C.prototype]), ...ITERATORS, getPrototypeOf(generator.prototype), getPrototypeOf(async.prototype), JSON, Reflect, Math, Object.prototype];
/** Puts wrap(original) in the place of every function of the language, getters included; gives back how to undo it. */
function patchAll(wrap) {
  const undo = [];
  for (let p = 0; p < PLACES.length; p++) {
    const place = PLACES[p]; const keys = ownKeys(place);
    for (let k = 0; k < keys.length; k++) {
      const key = keys[k]; const found = getOwnPropertyDescriptor(place, key);
      if (key === "constructor" || key === "prototype" || !found.configurable) continue;
      const patched = { ...found };
      if (typeof found.value === "function") patched.value = wrap(found.value, key); else if (found.get) patched.get = wrap(found.get, key); else continue;
      if (defineProperty(place, key, patched)) undo[undo.length] = () => defineProperty(place, key, found);
    }
  }
  return () => { for (let i = undo.length - 1; i >= 0; i--) undo[i](); };
}
const { stringify } = JSON;
`;

/**
 * A function that does each use twice, with the language's functions as they are and with others in their place, and tells what it has got from
 * the host. @param uses bodies of async functions, `(request, env)`. @param prelude what they need beside, before all else
 */
export function recordingCode(uses: Readonly<Record<string, { readonly use: string }>>, prelude = ""): string {
  return `${prelude} ${HARNESS}
const uses = { ${Object.entries(uses)
    .map(([name, { use }]) => `${JSON.stringify(name)}: async (request, env) => { ${use} }`)
    .join(",\n")} };
export default { async fetch(request, env, ctx) {
  const use = uses[new URL(request.url).searchParams.get("name")];
  const plain = stringify(await use(request, env));
  const recorded = [request, env, ctx, globalThis]; let on = true;
  const note = (value) => { if (isObject(value) && recorded.length < 50_000) recorded[recorded.length] = value; };
  const undo = patchAll((original) => function (...args) {
    if (!on) return apply(original, this, args);
    on = false; note(this); for (let i = 0; i < args.length; i++) note(args[i]); on = true;
    const result = apply(original, this, args); on = false; note(result); on = true; return result;
  });
  let hostile; try { hostile = stringify(await use(request, env)); } catch (error) { hostile = "threw " + error + error.stack; note(error); } finally { on = false; undo(); }
  return new Response(stringify({ plain, hostile, host: hostFunctions(recorded), recorded: recorded.length }));
} };`;
}
