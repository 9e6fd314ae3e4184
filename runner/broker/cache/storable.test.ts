import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { HeaderList } from "../../protocol/messages.ts";
import { cacheControl } from "./cacheControl.ts";
import { accepts, freshnessOf, isNotModified, keptHeaders, variantOf, varyOf } from "./storable.ts";

const NOW_MS = Date.parse("2026-11-21T12:00:00Z");
const date = (secondsFromNow: number) => new Date(NOW_MS + secondsFromNow * 1_000).toUTCString();

function freshness(headers: HeaderList, { status = 200, request = [] as HeaderList } = {}) {
  return freshnessOf({ url: "https://a.example/", headers: request }, { status, headers }, NOW_MS);
}
const lifetime = (...headers: [string, string][]) => freshness(headers)?.lifetime;
const control = (value: string): [string, string] => ["Cache-Control", value];

describe("the lifetime of an answer", () => {
  it("is s-maxage, else max-age, else what expires says", () => {
    assert.equal(lifetime(control("max-age=60")), 60);
    assert.equal(lifetime(control("max-age=60, s-maxage=600")), 600);
    assert.equal(lifetime(control('MAX-AGE="60"')), 60);
    assert.equal(lifetime(["expires", date(90)]), 90);
    assert.equal(lifetime(control("max-age=60"), ["expires", date(90)]), 60);
    assert.equal(lifetime(["date", date(-10)], ["expires", date(90)]), 100);
  });

  it("is a tenth of the age of its content where nothing is said, for a day at most", () => {
    assert.equal(lifetime(["last-modified", date(-1_000)]), 100);
    assert.equal(lifetime(["last-modified", date(-10_000_000)]), 86_400);
    assert.equal(freshness([["last-modified", date(-1_000)]], { status: 201 }), undefined);
    assert.equal(lifetime(), undefined);
  });

  it("is over for what was stale when it came", () => {
    assert.deepEqual(freshness([control("max-age=60"), ["age", "20"]]), { lifetime: 60, age: 20 });
    assert.equal(lifetime(control("max-age=60"), ["age", "60"]), undefined);
    assert.equal(lifetime(control("max-age=60"), ["date", date(-61)]), undefined);
    assert.equal(lifetime(["expires", "0"]), undefined);
    assert.equal(lifetime(["expires", date(-1)]), undefined);
    for (const value of ["max-age=0", "max-age=-1", "max-age=x", "max-age", "max-age=1.5"]) {
      assert.equal(lifetime(control(value)), undefined, value);
    }
  });

  it("is the least of those that are repeated", () => {
    assert.equal(lifetime(control("max-age=600"), control("max-age=60")), 60);
  });
});

describe("an answer is not kept", () => {
  const fresh = control("max-age=60");
  for (const value of [
    "no-store",
    "private",
    "no-cache",
    'private="set-cookie"',
    "NO-STORE",
    "max-age=60, ;",
    'a="b',
  ]) {
    it(`that says cache-control: ${value}`, () => {
      assert.equal(lifetime(fresh, control(value)), undefined);
    });
  }

  it("with a cookie, as a part, or when it varies by everything or too much", () => {
    assert.equal(lifetime(fresh, ["Set-Cookie", "a=b"]), undefined);
    assert.equal(lifetime(fresh, ["vary", "accept, *"]), undefined);
    const names = (count: number) => Array.from({ length: count }, (_, index) => `x-${index}`).join(", ");
    assert.equal(lifetime(fresh, ["vary", names(32)], ["vary", "X-0"]), 60);
    assert.equal(lifetime(fresh, ["vary", names(33)]), undefined);
    for (const status of [206, 304]) assert.equal(freshness([fresh], { status }), undefined);
    for (const status of [200, 302, 404, 500]) assert.equal(freshness([fresh], { status })?.lifetime, 60);
  });

  it("when the request says no-store, or named who asks and nothing says that others may have it", () => {
    assert.equal(freshness([fresh], { request: [["cache-control", "no-store"]] }), undefined);
    const request: HeaderList = [["Authorization", "Bearer x"]];
    assert.equal(freshness([fresh], { request }), undefined);
    for (const value of ["public, max-age=60", "s-maxage=60", "must-revalidate, max-age=60"]) {
      assert.equal(freshness([control(value)], { request })?.lifetime, 60);
    }
  });
});

describe("a stored answer", () => {
  const hour = { lifetime: 3_600, age: 0 };

  it("is given while it is fresh and young enough for the request, and never when it is stale", () => {
    assert.equal(accepts([], hour, 3_599), true);
    assert.equal(accepts([], hour, 3_600), false);
    assert.equal(accepts([["cache-control", "max-stale=999999"]], hour, 3_601), false);
    assert.equal(accepts([["cache-control", "max-age=10"]], hour, 11), false);
    assert.equal(accepts([["cache-control", "min-fresh=600"]], hour, 3_100), false);
    assert.equal(accepts([["cache-control", "no-cache"]], hour, 1), false);
    assert.equal(accepts([["pragma", "no-cache"]], hour, 1), false);
    assert.equal(accepts([["cache-control", "only-if-cached"]], hour, 1), true);
  });

  it("is told apart by the values of what it varies by, however they are written", () => {
    const vary = varyOf([
      ["Vary", "Accept-Language, accept"],
      ["vary", "ACCEPT"],
    ]);
    assert.deepEqual(vary, ["accept", "accept-language"]);
    const of = (...headers: [string, string][]) => variantOf(vary, headers);
    assert.equal(of(["Accept", "a, b"]), of(["accept", "a"], ["accept", "b"]));
    assert.equal(of(["accept", " a  ,\tb "]), of(["accept", "a,b"]));
    assert.notEqual(of(["accept", ""]), of());
    assert.notEqual(of(["accept", "a"]), of(["accept-language", "a"]));
  });

  it("is not modified by its validators, of which the tag counts first", () => {
    const head = {
      status: 200,
      headers: [
        ["etag", 'W/"1"'],
        ["last-modified", date(-100)],
      ] as HeaderList,
    };
    assert.equal(isNotModified([["if-none-match", '"0", "1"']], head), true);
    assert.equal(isNotModified([["if-none-match", "*"]], head), true);
    assert.equal(
      isNotModified(
        [
          ["if-none-match", '"2"'],
          ["if-modified-since", date(0)],
        ],
        head,
      ),
      false,
    );
    assert.equal(isNotModified([["if-modified-since", date(-100)]], head), true);
    assert.equal(isNotModified([["if-modified-since", date(-101)]], head), false);
    assert.equal(isNotModified([["if-none-match", '"1"']], { ...head, status: 404 }), false);
  });

  it("is told apart and judged in a time that grows with its headers, not with their square", () => {
    const spaces = " ".repeat(2_000_000);
    assert.equal(variantOf(["accept"], [["accept", `a${spaces}b`]]), JSON.stringify([["accept"], [`a${spaces}b`]]));
    let reads = 0;
    const own: [string, string] = ["x-own", "1"];
    Object.defineProperty(own, 0, {
      get() {
        reads++;
        return "x-own";
      },
    });
    const vary = Array.from({ length: 32 }, (_, index) => `x-${index}`);
    variantOf(vary, Array(100).fill(own));
    assert.equal(reads, 100);
  });

  it("has no headers of the connection on which it came", () => {
    const headers: HeaderList = [
      ["Connection", "x-hop, close"],
      ["X-Hop", "1"],
      ["Keep-Alive", "1"],
      ["Age", "5"],
      ["x-own", "1"],
    ];
    assert.deepEqual(keptHeaders(headers), [["x-own", "1"]]);
  });
});

it("reads directives in every spelling, and takes what it cannot read for no-store", () => {
  const read = (value: string) => Object.fromEntries(cacheControl([["cache-control", value]]));
  assert.deepEqual(read('Max-Age=1 , public,,x="a,b\\"c"'), { "max-age": "1", public: "", x: 'a,b\\"c' });
  assert.deepEqual(read(""), {});
  assert.deepEqual(read("public; max-age=1"), { "no-store": "" });
});
