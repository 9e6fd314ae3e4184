const EMPTY = new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
const PAGE = 65_536;

test(() => {
  assert_equals(Object.prototype.toString.call(WebAssembly), "[object WebAssembly]");
  const found = Object.getOwnPropertyDescriptor(globalThis, "WebAssembly");
  assert_true(found.configurable);
  assert_false(found.enumerable);
}, "WebAssembly is a namespace object of the global");

for (const name of ["Module", "Instance", "Memory", "Table", "Global", "Tag", "Exception"]) {
  test(() => {
    const found = Object.getOwnPropertyDescriptor(WebAssembly, name);
    assert_equals(typeof found.value, "function");
    assert_false(found.enumerable);
    assert_true(found.writable);
    assert_true(found.configurable);
    assert_equals(found.value.name, name);
    assert_equals(found.value.length, { Instance: 1, Exception: 2 }[name] ?? 1);
    assert_equals(found.value.prototype.constructor, found.value);
    assert_throws_js(TypeError, () => found.value());
    assert_equals(Object.prototype.toString.call(found.value.prototype), `[object WebAssembly.${name}]`);
  }, `WebAssembly.${name} is a class`);
}

for (const name of ["CompileError", "LinkError", "RuntimeError"]) {
  test(() => {
    const error = new WebAssembly[name]("why");
    assert_true(error instanceof Error);
    assert_equals(error.name, name);
    assert_equals(error.message, "why");
    assert_equals(Object.getPrototypeOf(WebAssembly[name]), Error);
  }, `WebAssembly.${name} is a native error`);
}

for (const [name, length] of Object.entries({
  compile: 1,
  compileStreaming: 1,
  instantiate: 1,
  instantiateStreaming: 1,
  validate: 1,
})) {
  test(() => {
    const found = Object.getOwnPropertyDescriptor(WebAssembly, name);
    assert_equals(found.value.name, name);
    assert_equals(found.value.length, length);
    assert_true(found.enumerable);
    assert_true(found.writable);
    assert_true(found.configurable);
    assert_throws_js(TypeError, () => new found.value(EMPTY));
  }, `WebAssembly.${name} is an operation`);
}

test(() => {
  assert_true(WebAssembly.validate(EMPTY));
  assert_true(WebAssembly.validate(EMPTY.buffer));
  assert_true(WebAssembly.validate(new DataView(EMPTY.buffer)));
  assert_false(WebAssembly.validate(EMPTY.subarray(0, 7)));
  assert_false(WebAssembly.validate(new Uint8Array()));
  for (const wrong of [undefined, null, 1, "x", {}, []]) assert_throws_js(TypeError, () => WebAssembly.validate(wrong));
}, "validate tells modules from other bytes");

promise_test(async (t) => {
  for (const wrong of [undefined, null, 1, "x", {}]) {
    await promise_rejects_js(t, TypeError, WebAssembly.compile(wrong));
    await promise_rejects_js(t, TypeError, WebAssembly.instantiate(wrong));
  }
  await promise_rejects_js(t, WebAssembly.CompileError, WebAssembly.compile(new Uint8Array(3)));
  await promise_rejects_js(t, WebAssembly.CompileError, WebAssembly.instantiate(new Uint8Array(3)));
}, "compile and instantiate reject what is no module");

promise_test(async () => {
  assert_true((await WebAssembly.compile(EMPTY)) instanceof WebAssembly.Module);
}, "compile gives a module of bytes");

test(() => {
  assert_true(new WebAssembly.Module(EMPTY) instanceof WebAssembly.Module);
}, "a module is made of bytes");

test(() => {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 3 });
  const { buffer } = memory;
  assert_equals(buffer.byteLength, PAGE);
  assert_equals(memory.buffer, buffer);
  assert_equals(memory.grow(2), 1);
  assert_equals(buffer.byteLength, 0);
  assert_equals(memory.buffer.byteLength, 3 * PAGE);
  assert_equals(memory.grow(0), 3);
  assert_throws_js(RangeError, () => memory.grow(1));
  assert_throws_js(TypeError, () => memory.grow(-1));
  assert_throws_js(TypeError, () => memory.grow(2 ** 32));
  assert_throws_js(TypeError, () => memory.grow());
  assert_throws_js(TypeError, () => WebAssembly.Memory.prototype.grow.call({}, 1));
}, "a memory grows to its maximum, and its buffer is another then");

test(() => {
  for (const wrong of [
    undefined,
    null,
    1,
    {},
    { initial: -1 },
    { initial: "x" },
    { initial: 2 ** 32 },
    { initial: 1, maximum: -1 },
  ])
    assert_throws_js(TypeError, () => new WebAssembly.Memory(wrong));
  assert_throws_js(RangeError, () => new WebAssembly.Memory({ initial: 2, maximum: 1 }));
  assert_throws_js(TypeError, () => new WebAssembly.Memory());
  assert_equals(new WebAssembly.Memory({ initial: "1" }).buffer.byteLength, PAGE);
  assert_equals(new WebAssembly.Memory({ initial: { valueOf: () => 1 } }).buffer.byteLength, PAGE);
}, "a memory's type is read as Web IDL says");

test(() => {
  class Own extends WebAssembly.Memory {}
  const memory = new Own({ initial: 0 });
  assert_true(memory instanceof Own);
  assert_true(memory instanceof WebAssembly.Memory);
  assert_equals(memory.grow(1), 0);
}, "a memory's class can be extended");

test(() => {
  const table = new WebAssembly.Table({ element: "externref", initial: 1, maximum: 3 }, "first");
  assert_equals(table.length, 1);
  assert_equals(table.get(0), "first");
  assert_equals(table.grow(2, "more"), 1);
  assert_equals(table.get(2), "more");
  table.set(1, 5);
  assert_equals(table.get(1), 5);
  assert_throws_js(RangeError, () => table.get(3));
  assert_throws_js(RangeError, () => table.set(3));
  assert_throws_js(RangeError, () => table.grow(1));
  assert_equals(new WebAssembly.Table({ element: "anyfunc", initial: 1 }).get(0), null);
  assert_throws_js(TypeError, () => new WebAssembly.Table({ element: "anyfunc", initial: 1 }, {}));
  assert_throws_js(TypeError, () => new WebAssembly.Table({ element: "other", initial: 1 }));
  assert_throws_js(TypeError, () => new WebAssembly.Table({ element: "anyfunc" }));
  assert_throws_js(RangeError, () => new WebAssembly.Table({ element: "anyfunc", initial: 2, maximum: 1 }));
}, "a table holds references");

test(() => {
  const global = new WebAssembly.Global({ value: "i64", mutable: true }, 5n);
  global.value = 6n;
  assert_equals(global.value, 6n);
  assert_equals(global.valueOf(), 6n);
  assert_throws_js(TypeError, () => {
    new WebAssembly.Global({ value: "i32" }, 1).value = 2;
  });
}, "a global has a value");

test(() => {
  const tag = new WebAssembly.Tag({ parameters: ["i32", "f64"] });
  const other = new WebAssembly.Tag({ parameters: [] });
  const exception = new WebAssembly.Exception(tag, [7, 0.5]);
  assert_true(exception.is(tag));
  assert_false(exception.is(other));
  assert_equals(exception.getArg(tag, 1), 0.5);
  assert_throws_js(TypeError, () => exception.getArg(other, 0));
  assert_throws_js(RangeError, () => exception.getArg(tag, 2));
  assert_true(WebAssembly.JSTag instanceof WebAssembly.Tag);
}, "exceptions have a tag");

promise_test(async (t) => {
  await promise_rejects_js(t, TypeError, WebAssembly.instantiate());
  assert_throws_js(TypeError, () => new WebAssembly.Instance({}));
  assert_throws_js(TypeError, () => new WebAssembly.Instance());
  assert_throws_js(TypeError, () => WebAssembly.Module.exports({}));
  assert_throws_js(TypeError, () => WebAssembly.Module.imports());
}, "what is no module has no instance, exports or imports");
