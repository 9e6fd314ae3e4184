import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { TestRunner } from "../runnerFixture.ts";

/** Makes one function of the language throw for as long as a request lasts, and answers as any function does. */
const CODE = `
const { ownKeys, getOwnPropertyDescriptor, getPrototypeOf, defineProperty } = Reflect;
const generator = function* () {}; const async = async function* () {};
const CONSTRUCTORS = { Object, Function, Array, String, Number, Boolean, Symbol, BigInt, Date, Promise, RegExp, Error, TypeError, Map, Set, WeakMap, WeakSet, ArrayBuffer, DataView, Uint8Array, TypedArray: getPrototypeOf(Uint8Array), Iterator };
const PLACES = [...Object.entries(CONSTRUCTORS).flatMap(([name, C]) => [[name, C], [name + ".prototype", C.prototype]]),
  ...[["array", [].values()], ["map", new Map().values()], ["set", new Set().values()], ["text", ""[Symbol.iterator]()]].map(([name, one]) => [name + " iterator", getPrototypeOf(one)]),
  ["generator", getPrototypeOf(generator.prototype)], ["async generator", getPrototypeOf(async.prototype)], ["JSON", JSON], ["Reflect", Reflect], ["Math", Math]];
const targets = [];
for (const [name, place] of PLACES) for (const key of ownKeys(place)) {
  const found = getOwnPropertyDescriptor(place, key);
  if (key === "constructor" || key === "prototype" || !found.configurable || (typeof found.value !== "function" && !found.get)) continue;
  targets.push([name + "." + String(key), place, key, found]);
}
let undo = () => {};
const thrower = function () { throw new RangeError("diverted"); };
const BODIES = { text: "still here", bytes: new TextEncoder().encode("still here") };
export default { fetch(request) {
  undo(); undo = () => {};
  const of = request.headers.get("x-of");
  if (of === null) return new Response(JSON.stringify(targets.map(([name]) => name)));
  const body = BODIES[request.headers.get("x-body")];
  const [, place, key, found] = targets[+of];
  undo = () => defineProperty(place, key, found);
  defineProperty(place, key, typeof found.value === "function" ? { ...found, value: thrower } : { ...found, get: thrower });
  return new Response(body, { headers: { "x-own": "1" } });
} };`;

describe("a function that makes something of the language throw", () => {
  let runner: TestRunner;
  before(async () => {
    runner = new TestRunner({ workers: 1 });
    await runner.start();
    await runner.deploy({ thrower: { code: CODE, routes: ["/"] } });
  });
  after(() => runner[Symbol.asyncDispose]());

  for (const body of ["text", "bytes"]) {
    it(`has its own answer go out all the same, whatever it is: ${body}`, async () => {
      const names: string[] = JSON.parse((await runner.fetch("/")).body);
      assert.ok(names.length > 400, `${names.length}`);
      const diverted: string[] = [];
      // One after the other: each begins with undoing what the one before it did.
      for (const [index, name] of names.entries()) {
        const answer = await runner.fetch("/", { headers: { "x-of": `${index}`, "x-body": body } });
        if (answer.status !== 200 || answer.headers["x-own"] !== "1" || answer.body !== "still here") {
          diverted.push(`${name}: ${answer.status} ${answer.body}`);
        }
      }
      assert.deepEqual(diverted, []);
    });
  }
});
