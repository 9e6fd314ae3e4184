import assert from "node:assert/strict";
import { it } from "node:test";
import { type CachedAnswer, CacheStore, type Spot } from "./cacheStore.ts";

const KB = 1024;
const at = (owner: string, place: string, variant = ""): Spot => ({ owner, place, variant });

function answerOf(bytes: number): CachedAnswer {
  const freshness = { lifetime: 60, age: 0 };
  return { head: { status: 200, headers: [] }, body: Buffer.alloc(bytes), freshness, storedMs: 0 };
}

it("takes room from the one that has most, what it has not used for longest first", () => {
  const store = new CacheStore(100 * KB);
  assert.ok(store.put(at("small", "kept"), [], answerOf(5 * KB), 0));
  for (let index = 0; index < 8; index++) assert.ok(store.put(at("large", `${index}`), [], answerOf(10 * KB), 0));
  assert.ok(store.get(at("large", "0")));
  for (let index = 8; index < 12; index++) assert.ok(store.put(at("large", `${index}`), [], answerOf(10 * KB), 0));
  assert.ok(store.bytes <= 100 * KB);
  assert.ok(store.get(at("small", "kept")));
  assert.ok(store.get(at("large", "0")));
  assert.equal(store.get(at("large", "1")), undefined);
});

it("counts what is being sent until that is over, and refuses what finds no room meanwhile", () => {
  const store = new CacheStore(50 * KB);
  store.put(at("one", "a"), [], answerOf(40 * KB), 0);
  const over = [store.lend(at("one", "a")), store.lend(at("one", "a"))];
  assert.equal(store.put(at("one", "b"), [], answerOf(40 * KB), 0), false);
  assert.ok(store.bytes > 40 * KB);
  for (const end of over) end();
  assert.equal(store.bytes, 0);
  assert.ok(store.put(at("one", "b"), [], answerOf(40 * KB), 0));
});

it("keeps so many variants of one URL, and those of the newest vary alone", () => {
  const store = new CacheStore(1024 * KB);
  for (let index = 0; index < 40; index++) store.put(at("one", "a", `${index}`), ["accept"], answerOf(1), 0);
  assert.equal(store.get(at("one", "a", "7")), undefined);
  assert.ok(store.get(at("one", "a", "8")));
  store.put(at("one", "a", "new"), ["accept-language"], answerOf(1), 0);
  assert.deepEqual(store.varyOf("one", "a"), ["accept-language"]);
  assert.equal(store.get(at("one", "a", "39")), undefined);
  assert.equal(store.delete("one", "a"), true);
  assert.equal(store.delete("one", "a"), false);
  assert.equal(store.bytes, 0);
});

it("gives reserved bytes back, whether they were used or not", () => {
  const store = new CacheStore(10 * KB);
  assert.equal(store.reserve("one", 8 * KB), true);
  assert.equal(store.reserve("one", 8 * KB), false);
  assert.ok(store.put(at("one", "a"), [], answerOf(8 * KB), 8 * KB));
  assert.equal(store.reserve("one", 8 * KB), true);
  assert.equal(store.get(at("one", "a")), undefined);
  store.release("one", 8 * KB);
  assert.equal(store.bytes, 0);
});

it("counts bodies under way and being sent for their function: no other one gives way to them", () => {
  const store = new CacheStore(100 * KB);
  for (const owner of ["first", "second"]) assert.ok(store.put(at(owner, "kept"), [], answerOf(10 * KB), 0));
  let reserved = 0;
  while (reserved < 200 * KB && store.reserve("greedy", 8 * KB)) reserved += 8 * KB;
  assert.equal(reserved, 72 * KB);
  for (const owner of ["first", "second"]) assert.ok(store.get(at(owner, "kept")));
  store.release("greedy", reserved);

  const ends: (() => void)[] = [];
  for (let index = 0; index < 10; index++) {
    if (!store.put(at("greedy", "sent"), [], answerOf(20 * KB), 0)) break;
    ends.push(store.lend(at("greedy", "sent")));
  }
  assert.equal(ends.length, 3);
  for (const owner of ["first", "second"]) assert.ok(store.get(at(owner, "kept")));
  for (const end of ends) end();
  assert.ok(store.put(at("greedy", "sent"), [], answerOf(60 * KB), 0));
  for (const owner of ["first", "second"]) assert.ok(store.delete(owner, "kept"));
  assert.ok(store.delete("greedy", "sent"));
  assert.equal(store.bytes, 0);
});
