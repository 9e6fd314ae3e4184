// Checks an interface against its WebIDL, as a standard prints it: what idlharness.js does, for the parts of WebIDL that the
// interfaces of the platform use.
import { asserts } from "./asserts.js";

const { assert_equals, assert_true, assert_throws_js } = asserts;
const { getOwnPropertyDescriptor, getPrototypeOf } = Object;

const withoutAttributes = (text) => text.replace(/\[[^\][]*(?:\[[^\][]*\][^\][]*)*\]\s*(?=[\w({])/g, "");

/** What is [LegacyUnforgeable] is on each object, not on the prototype: cases look at it by hand. */
const withoutUnforgeable = (text) => text.replace(/\[[^\][]*LegacyUnforgeable[^\][]*\][^;]*;/g, "");

function parse(text) {
  const clean = withoutAttributes(withoutUnforgeable(text.replace(/\/\/[^\n]*|\/\*[\s\S]*?\*\//g, "")));
  const head = /(partial\s+)?(interface|namespace)(\s+mixin)?\s+(\w+)\s*(?::\s*(\w+)\s*)?\{([\s\S]*)\}/.exec(clean);
  if (head === null) throw new Error(`This is no interface: ${text.slice(0, 60)}`);
  const [, , kind, , name, parent, body] = head;
  const members = body
    .split(";")
    .map((line) => line.trim().replace(/\s+/g, " "))
    .filter(Boolean)
    .map(parseMember);
  return { kind, name, parent, members };
}

const ACCESSOR = /^(static )?(readonly )?attribute (.+) (\w+)$/;
const OPERATION = /^(static |stringifier )?(.+?) ?\b(\w+) ?\((.*)\)$/;

function parseMember(line) {
  const constant = /^const .+ (\w+) = (\S+)$/.exec(line);
  if (constant) return { kind: "const", name: constant[1], value: Number(constant[2]) };
  if (line.startsWith("constructor")) return { kind: "constructor", ...parameters(line) };
  if (/^(async_)?iterable</.test(line) || line.startsWith("async iterable<"))
    return { kind: line.startsWith("async") ? "async iterable" : "iterable", isPair: /<.*,.*>/.test(line) };
  if (line === "stringifier") return { kind: "stringifier" };
  const attribute = ACCESSOR.exec(line.replace(/^stringifier /, ""));
  if (attribute) {
    const [, isStatic, isReadonly, type, name] = attribute;
    const both = {
      kind: "attribute",
      name,
      isStatic: !!isStatic,
      isReadonly: !!isReadonly,
      isPromise: type.startsWith("Promise<"),
    };
    return line.startsWith("stringifier") ? { ...both, isStringifier: true } : both;
  }
  const operation = OPERATION.exec(line);
  if (operation === null) throw new Error(`This member is not understood: ${line}`);
  const [, prefix, type, name, given] = operation;
  return {
    kind: "operation",
    name,
    isStatic: prefix === "static ",
    isPromise: type.startsWith("Promise<"),
    ...parameters(`(${given})`),
  };
}

function parameters(line) {
  const list = line.slice(line.indexOf("(") + 1, line.lastIndexOf(")"));
  let depth = 0;
  const parts = [""];
  for (const char of list) {
    if ("<(".includes(char)) depth++;
    if (">)".includes(char)) depth--;
    if (char === "," && depth === 0) parts.push("");
    else parts[parts.length - 1] += char;
  }
  const required = parts
    .map((part) => part.trim())
    .filter((part) => part !== "" && !/^optional |\.\.\. ?\w+$/.test(part));
  return { length: required.length };
}

/** Overloads of one name have the length of the shortest. */
function merged(members) {
  const byName = new Map();
  for (const member of members) {
    const key = `${member.kind} ${member.isStatic ? "static" : ""} ${member.name ?? ""}`;
    const known = byName.get(key);
    if (known === undefined) byName.set(key, { ...member });
    else known.length = Math.min(known.length, member.length);
  }
  return [...byName.values()];
}

function checkFunction(func, { name, length }) {
  assert_equals(typeof func, "function");
  assert_equals(func.name, name, "its name");
  assert_equals(func.length, length, "its length");
  assert_true(!Object.hasOwn(func, "prototype"), "it has no prototype");
}

function checkFlags(descriptor, flags) {
  for (const [flag, value] of Object.entries(flags)) assert_equals(descriptor[flag], value, flag);
}

async function checkRefuses(run, isPromise) {
  if (!isPromise) return assert_throws_js(TypeError, run);
  let promise;
  try {
    promise = run();
  } catch (error) {
    throw new asserts.AssertionError(`threw ${error} instead of giving a promise that is rejected`);
  }
  await promise.then(
    () => asserts.assert_unreached("must be rejected"),
    (error) => assert_equals(error.constructor, TypeError),
  );
}

/**
 * @param test of the harness, and `promise_test` as a global
 * @param text one interface or namespace
 */
export function idl_test(test, text) {
  const { kind, name, parent, members } = parse(text);
  const found = globalThis[name];
  const title = (what) => `${name}: ${what}`;
  test(() => {
    const descriptor = getOwnPropertyDescriptor(globalThis, name);
    assert_true(descriptor !== undefined, "there is such a global");
    checkFlags(descriptor, { writable: true, enumerable: false, configurable: true });
  }, title("the global"));
  if (found === undefined) return;
  if (kind === "namespace") {
    test(
      () => assert_equals(getOwnPropertyDescriptor(found, Symbol.toStringTag)?.value, name),
      title("its class string"),
    );
    for (const member of merged(members)) checkMember({ title, on: found, member: { ...member, isStatic: true } });
    return;
  }
  checkInterfaceObject({
    test,
    title,
    found,
    parent,
    name,
    own: merged(members).find((m) => m.kind === "constructor"),
  });
  for (const member of merged(members)) {
    if (member.kind === "const") checkConstant({ test, title, found, member });
    else if (member.kind.endsWith("iterable")) checkIterable({ test, title, prototype: found.prototype, member });
    else if (member.kind === "stringifier" || member.isStringifier)
      checkStringifier({ test, title, prototype: found.prototype });
    if (member.kind === "attribute" || member.kind === "operation")
      checkMember({ title, on: member.isStatic ? found : found.prototype, member });
  }
}

function checkInterfaceObject({ test, title, found, parent, name, own }) {
  test(() => {
    assert_equals(typeof found, "function");
    assert_equals(found.name, name);
    assert_equals(found.length, own?.length ?? 0, "its length");
    assert_equals(getPrototypeOf(found), parent ? globalThis[parent] : Function.prototype, "its prototype");
    checkFlags(getOwnPropertyDescriptor(found, "prototype"), {
      writable: false,
      enumerable: false,
      configurable: false,
    });
    checkFlags(getOwnPropertyDescriptor(found, "name"), { writable: false, enumerable: false, configurable: true });
    checkFlags(getOwnPropertyDescriptor(found, "length"), { writable: false, enumerable: false, configurable: true });
  }, title("the interface object"));
  test(() => {
    const { prototype } = found;
    const above = name === "DOMException" ? Error.prototype : parent ? globalThis[parent].prototype : Object.prototype;
    assert_equals(getPrototypeOf(prototype), above);
    const owner = getOwnPropertyDescriptor(prototype, "constructor");
    assert_equals(owner.value, found);
    checkFlags(owner, { writable: true, enumerable: false, configurable: true });
    const tag = getOwnPropertyDescriptor(prototype, Symbol.toStringTag);
    assert_equals(tag?.value, name, "its class string");
    checkFlags(tag, { writable: false, enumerable: false, configurable: true });
  }, title("the prototype object"));
  test(() => {
    assert_throws_js(TypeError, () => found());
    if (own === undefined) assert_throws_js(TypeError, () => new found());
    else if (own.length > 0) assert_throws_js(TypeError, () => new found());
  }, title("the constructor's refusals"));
}

function checkConstant({ test, title, found, member: { name, value } }) {
  test(
    () => {
      for (const on of [found, found.prototype]) {
        const descriptor = getOwnPropertyDescriptor(on, name);
        assert_equals(descriptor?.value, value);
        checkFlags(descriptor, { writable: false, enumerable: true, configurable: false });
      }
    },
    title(`constant ${name}`),
  );
}

function checkIterable({ test, title, prototype, member: { kind, isPair } }) {
  const isAsync = kind === "async iterable";
  const symbol = isAsync ? Symbol.asyncIterator : Symbol.iterator;
  test(() => {
    const alias = isPair ? "entries" : "values";
    assert_equals(prototype[symbol], prototype[alias]);
    checkFlags(getOwnPropertyDescriptor(prototype, symbol), { writable: true, enumerable: false, configurable: true });
    if (isAsync) return;
    for (const [name, length] of [
      ["entries", 0],
      ["keys", 0],
      ["values", 0],
      ["forEach", 1],
    ]) {
      checkFunction(prototype[name], { name, length });
      checkFlags(getOwnPropertyDescriptor(prototype, name), { writable: true, enumerable: true, configurable: true });
      assert_throws_js(TypeError, () => prototype[name].call({}, () => {}));
    }
  }, title(kind));
}

function checkStringifier({ test, title, prototype }) {
  test(() => {
    const descriptor = getOwnPropertyDescriptor(prototype, "toString");
    checkFunction(descriptor?.value, { name: "toString", length: 0 });
    checkFlags(descriptor, { writable: true, enumerable: true, configurable: true });
    assert_throws_js(TypeError, () => descriptor.value.call({}));
  }, title("stringifier"));
}

function checkMember({ title, on, member }) {
  const { kind, name, isStatic, isReadonly, isPromise, length } = member;
  if (kind === "attribute") {
    globalThis.promise_test(
      async () => {
        const descriptor = getOwnPropertyDescriptor(on, name);
        assert_true(descriptor !== undefined, "there is such a property");
        if (isStatic && descriptor.get === undefined) return assert_equals(typeof descriptor.value, "object");
        checkFlags(descriptor, { enumerable: true, configurable: true });
        checkFunction(descriptor.get, { name: `get ${name}`, length: 0 });
        if (isReadonly) assert_equals(descriptor.set, undefined);
        else checkFunction(descriptor.set, { name: `set ${name}`, length: 1 });
        if (isStatic) return undefined;
        await checkRefuses(() => descriptor.get.call({}), isPromise);
        if (!isReadonly) assert_throws_js(TypeError, () => descriptor.set.call({}, ""));
      },
      title(`attribute ${name}`),
    );
    return;
  }
  globalThis.promise_test(
    async () => {
      const descriptor = getOwnPropertyDescriptor(on, name);
      assert_true(descriptor !== undefined, "there is such a property");
      checkFlags(descriptor, { writable: true, enumerable: true, configurable: true });
      checkFunction(descriptor.value, { name, length });
      if (!isStatic) await checkRefuses(() => descriptor.value.call({}, ...Array(length).fill(undefined)), isPromise);
      if (length > 0 && !isStatic) await checkRefuses(() => descriptor.value.call(Object.create(on)), isPromise);
      if (length > 0 && isStatic) await checkRefuses(() => descriptor.value.call(on), isPromise);
    },
    title(`operation ${name}`),
  );
}
