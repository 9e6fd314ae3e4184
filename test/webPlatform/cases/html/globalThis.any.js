// ECMA-429, the Minimum Common Web API: what the global object has.
const INTERFACES =
  `AbortController AbortSignal Blob ByteLengthQueuingStrategy CompressionStream CountQueuingStrategy Crypto CryptoKey
  CustomEvent DecompressionStream DOMException ErrorEvent Event EventTarget File FormData Headers MessageChannel MessageEvent MessagePort
  Performance PromiseRejectionEvent ReadableByteStreamController ReadableStream ReadableStreamBYOBReader ReadableStreamBYOBRequest
  ReadableStreamDefaultController ReadableStreamDefaultReader Request Response SubtleCrypto TextDecoder TextDecoderStream TextEncoder
  TextEncoderStream TransformStream TransformStreamDefaultController URL URLPattern URLSearchParams WritableStream
  WritableStreamDefaultController WritableStreamDefaultWriter`.split(/\s+/);
const OPERATIONS =
  `atob btoa clearInterval clearTimeout fetch queueMicrotask reportError setInterval setTimeout structuredClone
  addEventListener dispatchEvent removeEventListener`.split(/\s+/);
const ATTRIBUTES = "crypto navigator performance self".split(" ");
const HANDLERS = ["onerror", "onrejectionhandled", "onunhandledrejection"];
const NAMESPACES = {
  console:
    "assert clear count countReset debug dir dirxml error group groupCollapsed groupEnd info log table time timeEnd timeLog trace warn",
  WebAssembly:
    "Exception Global Instance JSTag Memory Module Table Tag compile compileStreaming instantiate instantiateStreaming validate CompileError LinkError RuntimeError",
};

for (const name of INTERFACES) {
  test(() => {
    const Class = self[name];
    const { writable, enumerable, configurable } = Object.getOwnPropertyDescriptor(self, name);
    assert_true(writable && configurable && !enumerable);
    assert_equals(Class.name, name);
    assert_equals(Class.prototype.constructor, Class);
    assert_equals(Class.prototype[Symbol.toStringTag], name);
    const prototype = Object.getOwnPropertyDescriptor(Class, "prototype");
    assert_false(prototype.writable || prototype.enumerable || prototype.configurable);
    assert_throws_js(TypeError, () => Class());
  }, `the interface ${name}`);
}

for (const name of OPERATIONS) {
  test(() => {
    const { value, writable, enumerable, configurable } = Object.getOwnPropertyDescriptor(self, name);
    assert_true(writable && enumerable && configurable);
    assert_equals(typeof value, "function");
    assert_equals(value.name, name);
    assert_false(Object.hasOwn(value, "prototype"));
  }, `the operation ${name}`);
}

for (const name of [...ATTRIBUTES, ...HANDLERS])
  test(() => assert_true(Object.getOwnPropertyDescriptor(self, name).enumerable), `the attribute ${name}`);

for (const [name, members] of Object.entries(NAMESPACES)) {
  test(() => {
    assert_equals(Object.prototype.toString.call(self[name]), `[object ${name}]`);
    assert_false(Object.getOwnPropertyDescriptor(self, name).enumerable);
    for (const member of members.split(" ")) assert_true(Object.hasOwn(self[name], member), member);
  }, `the namespace ${name}`);
}

test(() => {
  assert_equals(self, globalThis);
  assert_equals(typeof navigator.userAgent, "string");
  assert_true(crypto instanceof Crypto && crypto.subtle instanceof SubtleCrypto && performance instanceof Performance);
}, "what the attributes are");
