import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { canonicalJson } from "./canonicalJson.ts";
import type { NewerPointerError, ReleaseError, ReleaseFault } from "./errors.ts";
import { functionOf, releasedOf } from "./fixtures.ts";
import { MODULE_BYTES_MAX } from "./functionManifest.ts";
import {
  functionVersion,
  RELEASE_BYTES_MAX,
  readPointer,
  readRelease,
  sha256Hex,
  validateCurrent,
  validateRelease,
  verifyModule,
} from "./manifest.ts";
import { CURRENT_SCHEMA, RELEASE_SCHEMA, type Release, type ReleasedFunction } from "./types.ts";

const { manifest } = functionOf("hello", "export default {}");
const release: Release = {
  schema: RELEASE_SCHEMA,
  release: 3,
  createdAt: "2026-01-02T03:04:05.678Z",
  createdBy: "someone",
  reason: "",
  commit: null,
  functions: releasedOf([manifest]),
};
const [released] = release.functions as [ReleasedFunction];

function refuses(action: () => unknown, code: ReleaseFault, message: RegExp): void {
  assert.throws(action, (error: ReleaseError) => {
    assert.equal(error.code, code);
    assert.match(error.message, message);
    return true;
  });
}

test("canonical JSON does not depend on the order of keys and reads back as the same value", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const reversed = JSON.parse(JSON.stringify(value), (_, entry) =>
        entry && typeof entry === "object" && !Array.isArray(entry)
          ? Object.fromEntries(Object.entries(entry).reverse())
          : entry,
      );
      assert.equal(canonicalJson(reversed), canonicalJson(JSON.parse(JSON.stringify(value))));
      assert.deepEqual(JSON.parse(canonicalJson(reversed)), reversed);
    }),
  );
});

test("canonical JSON refuses what JSON would change", () => {
  for (const value of [undefined, Number.NaN, Number.POSITIVE_INFINITY, () => 1, 1n, [undefined]]) {
    assert.throws(() => canonicalJson(value), TypeError);
  }
});

test("a function's version follows from its content alone", () => {
  assert.match(manifest.version, /^[0-9a-f]{16}$/);
  assert.equal(functionVersion({ ...manifest, version: "ffffffffffffffff" } as typeof manifest), manifest.version);
  assert.notEqual(functionVersion({ ...manifest, env: { A: "b" } }), manifest.version);
});

test("a module is only what its hash and size say", () => {
  const { manifest, bytes } = functionOf("a", "export default {}");
  const [ref] = manifest.modules;
  assert.ok(ref);
  verifyModule(ref, bytes);
  refuses(() => verifyModule(ref, bytes.subarray(1)), "ERR_RELEASE_HASH", /has 16 bytes instead of 17/);
  refuses(() => verifyModule(ref, Buffer.from(bytes.toString().toUpperCase())), "ERR_RELEASE_HASH", /SHA-256/);
});

test("a whole release is read as it was written", () => {
  const bytes = Buffer.from(canonicalJson(release));
  const pointer = { schema: CURRENT_SCHEMA, signature: null, generation: 9, release: 3, sha256: sha256Hex(bytes) };
  assert.deepEqual(readRelease(pointer, bytes), release);
  refuses(() => readRelease({ ...pointer, release: 4 }, bytes), "ERR_RELEASE_HASH", /calls itself release 3/);
  refuses(() => readRelease(pointer, bytes.subarray(0, 50)), "ERR_RELEASE_HASH", /releases\/3.json/);
  refuses(() => readRelease(pointer, Buffer.alloc(RELEASE_BYTES_MAX + 1)), "ERR_RELEASE_SIZE", /16777217 bytes/);
  const torn = bytes.subarray(0, 50);
  refuses(() => readRelease({ ...pointer, sha256: sha256Hex(torn) }, torn), "ERR_RELEASE_JSON", /not JSON/);
});

test("no truncation of a release and no changed byte is taken for a release", () => {
  const bytes = Buffer.from(canonicalJson(release));
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ change;
      const pointer = { schema: CURRENT_SCHEMA, signature: null, generation: 1, release: 3, sha256: sha256Hex(bytes) };
      assert.throws(() => readRelease(pointer, changed));
      assert.throws(() => readRelease(pointer, bytes.subarray(0, at)));
    }),
  );
});

const [ref] = manifest.modules;
const [route] = manifest.routes;
const asset = { name: "/a.css", sha256: ref?.sha256, bytes: 4 };
const wrongFunctions: readonly [string, object, RegExp][] = [
  ["a name with capitals", { name: "Hello" }, /functions\[0\]\.manifest\.name.*"Hello"/],
  ["an unknown key", { colour: 1 }, /functions\[0\]\.manifest\.colour/],
  ["a missing key", { env: undefined }, /functions\[0\]\.manifest\.env/],
  ["an entry that is no module", { entry: "other.mjs" }, /modules.*entry, other\.mjs/],
  ["a module outside the function", { modules: [{ ...ref, name: "../x" }] }, /modules\[0\]\.name.*"\.\.\/x"/],
  ["a module over the ceiling", { modules: [{ ...ref, bytes: MODULE_BYTES_MAX + 1 }] }, /10485760/],
  ["a hash that is a path", { modules: [{ ...ref, sha256: "../../etc/passwd" }] }, /sha256/],
  ["one module name twice", { modules: [ref, ref] }, /each name once/],
  ["a route without a slash", { routes: [{ ...route, path: "hello" }] }, /routes\[0\].*does not start with \//],
  ["a route that is text", { routes: ["/hello"] }, /routes\[0\].*an object/],
  ["a host with a port", { routes: [{ ...route, host: "a.test:80" }] }, /routes\[0\].*without a port/],
  ["an unknown method", { routes: [{ ...route, methods: ["FETCH"] }] }, /routes\[0\].*FETCH/],
  ["a priority over the ceiling", { routes: [{ ...route, priority: 1_001 }] }, /routes\[0\]\.priority.*1001/],
  [
    "modules over bundleBytes",
    { limits: { ...manifest.limits, bundleBytes: 1_024 }, modules: [{ ...ref, bytes: 1_025 }] },
    /1025 bytes together, bundleBytes is 1024/,
  ],
  ["a secret whose name is a path", { secrets: { KEY: "../key" } }, /secrets\.KEY.*"\.\.\/key"/],
  ["a secret in a variable that env has", { env: { A: "x" }, secrets: { A: "a" } }, /secrets\.A/],
  ["an address with a path in egress", { egress: { allow: ["a.test/x"] } }, /egress\.allow\[0\].*"a\.test\/x"/],
  ["an egress port of 65536", { egress: { allow: ["a.test:65536"] } }, /egress\.allow\[0\]/],
  [
    "a schedule that is no cron",
    { schedules: [{ cron: "soon", scope: "fleet" }] },
    /schedules\[0\]\.cron.*five fields/,
  ],
  ["a schedule without a scope", { schedules: [{ cron: "* * * * *" }] }, /schedules\[0\]\.scope/],
  [
    "a schedule of an unknown scope",
    { schedules: [{ cron: "* * * * *", scope: "city" }] },
    /scope.*fleet, region, node/,
  ],
  ["a schedule twice", { schedules: Array(2).fill({ cron: "* * * * *", scope: "node" }) }, /each schedule once/],
  ["a module of an unknown type", { modules: [{ ...ref, type: "css" }] }, /modules\[0\]\.type.*wasm/],
  ["an asset whose name is no path", { assets: [{ ...asset, name: "a.css" }] }, /assets\[0\]\.name.*begins with/],
  ["an asset twice", { assets: [asset, asset] }, /each name once/],
  [
    "assets over assetBytes",
    { limits: { ...manifest.limits, assetBytes: 3 }, assets: [asset] },
    /4 bytes together, assetBytes is 3/,
  ],
  ["an unknown isolation", { isolation: "none" }, /isolation.*shared, private/],
  ["a limit over its ceiling", { limits: { ...manifest.limits, heapMb: 4096 } }, /limits\.heapMb.*4096/],
  ["a variable called __proto__", { env: JSON.parse('{"__proto__":"x"}') }, /env/],
  ["a variable that is no text", { env: { A: 1 } }, /env\.A/],
  ["a version of other content", { routes: [{ ...route, path: "/other" }] }, /version/],
];
for (const [title, change, message] of wrongFunctions) {
  test(`refuses a function with ${title}`, () => {
    assert.throws(
      () => validateRelease({ ...release, functions: [{ ...released, manifest: { ...manifest, ...change } }] }),
      message,
    );
  });
}

const second = functionOf("hello", "export default 2").manifest;
const third = functionOf("hello", "export default 3").manifest;
const split = { number: 2, manifest: second, percent: 10, guard: null };
const guard = { errorRate: 0.01, p99: 2, minRequests: 100 };

test("a release has a candidate with its share and guard, former versions, and who changed what", () => {
  const whole = {
    ...{ ...released, number: 3, manifest: third, status: "disabled", owner: "command" },
    split: { ...split, number: 4, percent: 0.5, guard },
    previews: [{ number: 1, manifest }],
  };
  assert.ok(validateRelease({ ...release, commit: "0123abc", functions: [whole] }));
});

const wrongReleased: readonly [string, object, RegExp][] = [
  ["no number", { number: 0 }, /functions\[0\]\.number.*from 1/],
  ["another function's manifest", { name: "other" }, /functions\[0\]\.manifest\.name.*other/],
  ["an unknown status", { status: "paused" }, /status.*active, disabled/],
  ["an unknown owner", { owner: "me" }, /owner.*program, command/],
  ["a share of nothing", { split: { ...split, percent: 0 } }, /split\.percent/],
  ["a share of everything", { split: { ...split, percent: 100 } }, /split\.percent/],
  ["a share that is no number", { split: { ...split, percent: "10" } }, /split\.percent/],
  ["a guard without a bound", { split: { ...split, guard: { ...guard, p99: undefined } } }, /guard\.p99/],
  ["a guard that asks for the impossible", { split: { ...split, guard: { ...guard, p99: 0.5 } } }, /p99.*from 1/],
  ["a candidate of the stable one's number", { split: { ...split, number: 1 } }, /a number of its own/],
  ["a candidate of other content", { split: { ...split, manifest: { ...second, entry: "x" } } }, /split\.manifest/],
  [
    "previews out of order",
    { previews: [2, 3].map((number) => ({ number, manifest: number === 2 ? second : third })) },
    /previews.*newest/,
  ],
  ["six previews", { previews: Array(6).fill({ number: 2, manifest: second }) }, /previews.*at most 5/],
  [
    "a preview that is damaged",
    { previews: [{ number: 2, manifest: { ...second, version: manifest.version } }] },
    /version of v2/,
  ],
  ["no word of who", { deployed: {} }, /deployed\.by/],
  ["a commit that is none", { deployed: { ...released.deployed, commit: "main" } }, /deployed\.commit/],
];
for (const [title, change, message] of wrongReleased) {
  test(`refuses a released function with ${title}`, () => {
    assert.throws(() => validateRelease({ ...release, functions: [{ ...released, ...change }] }), message);
  });
}

test("refuses a release with a name twice, an unknown schema, too many functions, or no object at all", () => {
  refuses(
    () => validateRelease({ ...release, functions: [released, released] }),
    "ERR_RELEASE_SHAPE",
    /each name once/,
  );
  refuses(() => validateRelease({ ...release, schema: 2 }), "ERR_RELEASE_SCHEMA", /schema 2 is not 4/);
  for (const base of [0, release.release, "1", null]) {
    refuses(() => validateRelease({ ...release, base }), "ERR_RELEASE_SHAPE", /release\.base/);
  }
  const many = { ...release, functions: Array(2_001).fill(released) };
  refuses(() => validateRelease(many), "ERR_RELEASE_SHAPE", /at most 2000/);
  for (const value of [null, [], "x", 1]) refuses(() => validateRelease(value), "ERR_RELEASE_SHAPE", /an object/);
  const other = releasedOf([functionOf("a", "1").manifest]);
  refuses(() => validateRelease({ ...release, functions: [released, ...other] }), "ERR_RELEASE_SHAPE", /sorted/);
});

test("tells a pointer of older code from one of newer code, and what to do about each", () => {
  const read = (schema: number) => () => readPointer(Buffer.from(JSON.stringify({ schema, generation: 7 })), "file");
  refuses(read(1), "ERR_RELEASE_SCHEMA", /schema 1 is of older code.*to go on, delete file and deploy again/);
  assert.throws(read(3), (error: NewerPointerError) => {
    assert.equal(error.generation, 7);
    assert.match(error.message, /schema 3 is not 2; update this node's runner or deploy again$/);
    return true;
  });
});

test("refuses a pointer with a generation that is no counter", () => {
  const pointer = { schema: CURRENT_SCHEMA, signature: null, generation: 1, release: 1, sha256: "0".repeat(64) };
  assert.deepEqual(validateCurrent(pointer), pointer);
  for (const generation of [0, -1, 1.5, "1", 2 ** 60]) {
    refuses(() => validateCurrent({ ...pointer, generation }), "ERR_RELEASE_SHAPE", /current\.generation/);
  }
});
