const same = (value) => {
  test(
    () => assert_equals(structuredClone(value), value),
    `clones the primitive ${typeof value === "bigint" ? `${value}n` : String(value)}`,
  );
};
for (const value of [
  undefined,
  null,
  true,
  false,
  0,
  -0,
  1.5,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  "",
  "text",
  "\ud800",
  2n ** 70n,
])
  same(value);

for (const box of [Object(true), Object(-0), Object("text"), Object(5n), new Date(5), new Date(Number.NaN)]) {
  test(
    () => {
      box.extra = "lost";
      const clone = structuredClone(box);
      assert_not_equals(clone, box);
      assert_equals(Object.getPrototypeOf(clone), Object.getPrototypeOf(box));
      assert_equals(clone.valueOf(), box.valueOf());
      assert_equals(clone.extra, undefined);
    },
    `clones ${Object.prototype.toString.call(box)} ${String(box)}`,
  );
}

test(() => {
  const pattern = /a(?<b>.)\//gimsuy;
  pattern.lastIndex = 3;
  const clone = structuredClone(pattern);
  assert_equals(clone.source, pattern.source);
  assert_equals(clone.flags, pattern.flags);
  assert_equals(clone.lastIndex, 0);
  assert_equals(structuredClone(/x/dv).flags, "dv");
  assert_equals(structuredClone(new RegExp("")).source, "(?:)");
}, "clones regular expressions without their lastIndex");

test(() => {
  const object = { b: 1, a: [1, , 3], [Symbol("s")]: 1, nested: { deep: { er: "x" } } };
  Object.defineProperty(object, "hidden", { value: 1, enumerable: false });
  const clone = structuredClone(object);
  assert_array_equals(Object.keys(clone), ["b", "a", "nested"]);
  assert_array_equals(clone.a, [1, , 3]);
  assert_equals(clone.nested.deep.er, "x");
  assert_equals(Reflect.ownKeys(clone).length, 3);
  assert_equals(Object.getPrototypeOf(structuredClone(Object.create({ inherited: 1 }))), Object.prototype);
  assert_equals(Object.keys(structuredClone(Object.create({ inherited: 1 }))).length, 0);
}, "clones own, enumerable properties with names");

test(() => {
  class Own {
    field = 1;
    get accessor() {
      return 2;
    }
  }
  const clone = structuredClone(new Own());
  assert_equals(Object.getPrototypeOf(clone), Object.prototype);
  assert_array_equals(Object.keys(clone), ["field"]);
  const read = structuredClone({
    get x() {
      return 5;
    },
  });
  assert_equals(Object.getOwnPropertyDescriptor(read, "x").value, 5);
  const frozen = structuredClone(Object.freeze({ a: 1 }));
  assert_false(Object.isFrozen(frozen));
  const odd = { ["__proto__"]: 1 };
  assert_true(Object.hasOwn(structuredClone(odd), "__proto__"));
}, "objects become plain ones, getters values");

test(() => {
  const list = Object.assign([1, 2], { name: "x" });
  list.length = 5;
  const clone = structuredClone(list);
  assert_equals(clone.length, 5);
  assert_equals(clone.name, "x");
  assert_true(Array.isArray(clone));
  assert_equals(Object.getPrototypeOf(structuredClone(new (class extends Array {})(3))), Array.prototype);
}, "arrays keep their length and further properties");

test(() => {
  const object = { list: [] };
  object.self = object;
  object.list.push(object, object.list);
  const map = new Map([[object, "object"]]);
  map.set("map", map);
  const set = new Set([map]);
  set.add(set);
  const clone = structuredClone({ object, map, set, again: object });
  assert_equals(clone.object.self, clone.object);
  assert_equals(clone.object.list[0], clone.object);
  assert_equals(clone.object.list[1], clone.object.list);
  assert_equals(clone.again, clone.object);
  assert_equals(clone.map.get(clone.object), "object");
  assert_equals(clone.map.get("map"), clone.map);
  assert_array_equals([...clone.set], [clone.map, clone.set]);
}, "cycles and what is shared stay as they are");

test(() => {
  const map = new Map([["a", 1]]);
  map.extra = 1;
  const late = {
    get x() {
      map.set("late", 1);
      return 1;
    },
  };
  map.set("b", late);
  const clone = structuredClone(map);
  assert_array_equals([...clone.keys()], ["a", "b"]);
  assert_equals(clone.extra, undefined);
}, "collections are cloned as they were at first");

for (const ErrorType of [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError]) {
  test(() => {
    const error = new ErrorType("message", { cause: "lost" });
    error.extra = 1;
    const clone = structuredClone(error);
    assert_equals(Object.getPrototypeOf(clone), ErrorType.prototype);
    assert_equals(clone.message, "message");
    assert_equals(clone.name, error.name);
    assert_equals(clone.extra, undefined);
    assert_false(Object.hasOwn(structuredClone(new ErrorType()), "message"));
  }, `clones a ${ErrorType.name}`);
}

test(() => {
  const error = Object.assign(new RangeError("x"), { name: "Own" });
  assert_equals(Object.getPrototypeOf(structuredClone(error)), Error.prototype);
  assert_equals(
    Object.getPrototypeOf(structuredClone(Object.assign(new Error("x"), { name: "TypeError" }))),
    TypeError.prototype,
  );
  const read = new Error();
  Object.defineProperty(read, "message", { get: () => assert_unreached() });
  assert_false(Object.hasOwn(structuredClone(read), "message"));
}, "an error's clone goes by its name");

test(() => {
  const error = new DOMException("message", "AbortError");
  const clone = structuredClone(error);
  assert_true(clone instanceof DOMException);
  assert_equals(clone.name + clone.message + clone.code, "AbortErrormessage20");
  assert_equals(clone.stack, error.stack);
}, "clones a DOMException");

for (const View of [
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
  DataView,
]) {
  test(() => {
    const view = new View(new ArrayBuffer(32), 8, View === DataView ? 16 : 2);
    new Uint8Array(view.buffer).fill(7);
    const [clone, again, buffer] = structuredClone([view, view, view.buffer]);
    assert_equals(clone.constructor, View);
    assert_equals(clone, again);
    assert_equals(clone.buffer, buffer);
    assert_not_equals(buffer, view.buffer);
    assert_equals(buffer.byteLength, 32);
    assert_equals(clone.byteOffset, 8);
    assert_equals(clone.byteLength, view.byteLength);
    assert_equals(new Uint8Array(buffer)[31], 7);
  }, `clones a ${View.name} with all of its buffer`);
}

test(() => {
  class Own extends ArrayBuffer {}
  assert_equals(structuredClone(new Own(3)).constructor, ArrayBuffer);
}, "a buffer's clone is an ArrayBuffer, whatever its class");

test(() => {
  const buffer = new ArrayBuffer(8);
  const view = new Uint8Array(buffer);
  view[0] = 5;
  const clone = structuredClone({ view, buffer }, { transfer: [buffer] });
  assert_equals(buffer.byteLength, 0);
  assert_true(buffer.detached);
  assert_equals(view.length, 0);
  assert_equals(clone.view.buffer, clone.buffer);
  assert_equals(clone.view[0], 5);
  const unused = new ArrayBuffer(4);
  structuredClone("x", { transfer: new Set([unused]) });
  assert_true(unused.detached);
}, "transfers buffers");

test(() => {
  const gone = new ArrayBuffer(1);
  const lost = new Uint8Array(gone);
  structuredClone(gone, { transfer: [gone] });
  const buffer = new ArrayBuffer(1);
  for (const run of [
    () => structuredClone(gone),
    () => structuredClone(lost),
    () => structuredClone(1, { transfer: [gone] }),
    () => structuredClone(1, { transfer: [buffer, buffer] }),
    () => structuredClone(1, { transfer: [{}] }),
    () => structuredClone(1, { transfer: [new Uint8Array(1)] }),
    () => structuredClone(() => {}, { transfer: [buffer] }),
  ])
    assert_throws_dom("DataCloneError", run);
  assert_false(buffer.detached, "nothing is moved when it fails");
  assert_throws_js(TypeError, () => structuredClone(1, { transfer: [1] }));
  assert_throws_js(TypeError, () => structuredClone(1, { transfer: 1 }));
  assert_throws_js(TypeError, () => structuredClone(1, 1));
  assert_throws_js(TypeError, () => structuredClone());
  assert_equals(structuredClone(1, null), 1);
}, "what cannot be transferred");

for (const value of [
  Symbol("s"),
  () => {},
  class {},
  new WeakMap(),
  new WeakSet(),
  new WeakRef({}),
  Promise.resolve(),
  (function* () {})(),
  (async function* () {})(),
  [][Symbol.iterator](),
  new Intl.NumberFormat(),
  new Request("https://a.example"),
  new Response(),
  new Headers(),
  new URL("https://a.example"),
  new URLSearchParams(),
  new Event("x"),
  new EventTarget(),
  new AbortController().signal,
  new TextEncoder(),
  new FormData(),
  new ReadableStream(),
  new MessageChannel().port1,
  globalThis.performance,
]) {
  test(
    () => {
      for (const holder of [value, { value }, [value], new Map([[1, value]]), new Set([value])])
        assert_throws_dom("DataCloneError", () => structuredClone(holder));
    },
    `refuses ${Object.prototype.toString.call(value)}${typeof value === "function" ? ` ${value.name === "" ? "class" : "function"}` : ""}`,
  );
}

test(() => {
  const thrown = new Error("of a getter");
  assert_throws_exactly(thrown, () =>
    structuredClone({
      get x() {
        throw thrown;
      },
    }),
  );
}, "what a getter throws goes on");

test(() => {
  const order = [];
  const object = {
    get first() {
      order.push("first");
      delete this.second;
      return 1;
    },
    second: 2,
    get third() {
      order.push("third");
      return 3;
    },
  };
  const clone = structuredClone(object);
  assert_array_equals(order, ["first", "third"]);
  assert_array_equals(Object.keys(clone), ["first", "third"]);
}, "properties are read in their order, those that went meanwhile left out");

promise_test(async () => {
  const blob = structuredClone(new Blob(["text"], { type: "text/plain" }));
  assert_true(blob instanceof Blob);
  assert_equals(blob.type + (await blob.text()), "text/plaintext");
  const file = structuredClone(new File(["x"], "name", { lastModified: 5, type: "a/b" }));
  assert_true(file instanceof File);
  assert_equals(file.name + file.lastModified + file.type + (await file.text()), "name5a/bx");
}, "clones blobs and files");
