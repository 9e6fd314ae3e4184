import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { handlersOf } from "./handlers.ts";

const say = (word: string) => () => word;

describe("the handlers of a module", () => {
  const forms: [form: string, namespace: Record<string, unknown>, fetch: unknown, scheduled: unknown][] = [
    ["an object with fetch", { default: { fetch: say("a") } }, "a", undefined],
    ["an object with both", { default: { fetch: say("a"), scheduled: say("b") } }, "a", "b"],
    ["a function", { default: say("a") }, "a", undefined],
    ["a function and a named scheduled", { default: say("a"), scheduled: say("b") }, "a", "b"],
    ["named exports", { fetch: say("a"), scheduled: say("b") }, "a", "b"],
    ["a named handler", { handler: say("a") }, "a", undefined],
    [
      "a default export before named ones",
      { default: { fetch: say("a") }, fetch: say("b"), handler: say("c") },
      "a",
      undefined,
    ],
    ["a schedule alone", { default: { scheduled: say("b") } }, undefined, "b"],
    ["neither", { default: 42, other: say("a") }, undefined, undefined],
    ["null", { default: null }, undefined, undefined],
  ];
  for (const [form, namespace, fetch, scheduled] of forms) {
    it(`are found in ${form}`, () => {
      const handlers = handlersOf(namespace);
      assert.deepEqual([handlers.fetch?.({}, {}, {}), handlers.scheduled?.({}, {}, {})], [fetch, scheduled]);
    });
  }

  it("are called as methods of the default export, with what they are given", () => {
    class Site {
      readonly name = "site";
      fetch(...given: unknown[]) {
        return [this.name, ...given];
      }
    }
    const [request, env, context] = [{ a: 1 }, { b: 2 }, { c: 3 }];
    assert.deepEqual(handlersOf({ default: new Site() }).fetch?.(request, env, context), [
      "site",
      request,
      env,
      context,
    ]);
  });
});
