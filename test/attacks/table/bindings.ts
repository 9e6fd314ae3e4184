import type { Attack } from "../attack.ts";

const CPU = "ERR_LIMIT_CPU_MS";
const CALLS = "ERR_LIMIT_BINDING_CALLS";
const CIRCLE = "ERR_LIMIT_FUNCTION_CALLS";
const HEAP = "ERR_LIMIT_HEAP_MB";
const WALL = "ERR_LIMIT_WALL_MS";

const self = (name: string) => ({ SELF: { kind: "function", name: `attack-${name}` } }) as const;
const store = { NOTES: { kind: "kv", name: "attacked" } } as const;
const AGAIN = `env.SELF.fetch(request.url, { headers: { "x-attack": "1" } })`;

/** Work left to the broker, and functions that call themselves. */
export const BINDING_ATTACKS: readonly Attack[] = [
  {
    name: "recursive-bindings",
    code: `return ${AGAIN};`,
    bindings: self("recursive-bindings"),
    expect: ["508"],
    cost: "answer",
    calmAfterwards: true,
  },
  {
    name: "recursive-bindings-wide",
    code: `const all = await Promise.all(Array.from({ length: 40 }, () => ${AGAIN})); return all[0];`,
    bindings: self("recursive-bindings-wide"),
    expect: [CIRCLE, "508"],
    cost: "answer",
    calmAfterwards: true,
  },
  {
    name: "recursive-bindings-later",
    code: `ctx.waitUntil(Promise.allSettled(Array.from({ length: 40 }, () => ${AGAIN}))); return new Response("survived");`,
    bindings: self("recursive-bindings-later"),
    expect: ["survived"],
    cost: "answer",
    calmAfterwards: true,
  },
  {
    name: "kv-flood",
    code: `const value = new Uint8Array(250_000); const all = []; for (let i = 0; i < 5_000; i++) all.push(env.NOTES.put("k" + i % 50, value)); await Promise.all(all); return new Response("leaked");`,
    bindings: store,
    expect: [CALLS, CPU, HEAP, WALL, "ERR_BINDING_OVERLOADED", "ERR_ISOLATE_LOST"],
    cost: "isolate",
    atOnce: 16,
  },
  {
    name: "kv-streams-unread",
    code: `await env.NOTES.put("big", new Uint8Array(2_000_000)); const held = []; for (let i = 0; i < 100; i++) held.push(await env.NOTES.get("big", "stream"));
    return new Response("survived " + held.length);`,
    bindings: store,
    // What the broker holds for one function is bounded: one of four may find room when the others are refused.
    expect: ["ERR_BINDING_OVERLOADED", "survived", HEAP, CPU, WALL, "ERR_ISOLATE_LOST"],
    cost: "isolate",
    atOnce: 4,
  },
  {
    name: "kv-stream-endless",
    code: `await env.NOTES.put("endless", new ReadableStream({ pull(c) { c.enqueue(new Uint8Array(65_536)); } })); return new Response("leaked");`,
    bindings: store,
    expect: ["ERR_BINDING_TOO_LARGE", CPU],
    cost: "isolate",
  },
  {
    name: "kv-huge-arguments",
    code: `try { await env.NOTES.put("k".repeat(3_000_000), "x"); } catch (error) { return new Response("blocked " + error.code); } return new Response("leaked");`,
    bindings: store,
    expect: ["blocked"],
    cost: "answer",
    calmAfterwards: true,
  },
];
