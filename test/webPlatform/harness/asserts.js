// The assertions of testharness.js, as its documentation describes them. Failures are AssertionErrors.

class AssertionError extends Error {
  name = "AssertionError";
}

function show(value) {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "bigint") return `${value}n`;
  if (Object.is(value, -0)) return "-0";
  if (typeof value === "function") return `function ${value.name}`;
  if (typeof value !== "object" || value === null) return String(value);
  try {
    return value instanceof Error
      ? `${value.name}: ${value.message}`
      : `${Object.prototype.toString.call(value)} ${JSON.stringify(value)}`;
  } catch {
    return Object.prototype.toString.call(value);
  }
}

function check(good, description, problem) {
  if (!good) throw new AssertionError(description === undefined ? problem() : `${description}: ${problem()}`);
}

const DOM_EXCEPTION_CODES = {
  IndexSizeError: 1,
  HierarchyRequestError: 3,
  WrongDocumentError: 4,
  InvalidCharacterError: 5,
  NoModificationAllowedError: 7,
  NotFoundError: 8,
  NotSupportedError: 9,
  InUseAttributeError: 10,
  InvalidStateError: 11,
  SyntaxError: 12,
  InvalidModificationError: 13,
  NamespaceError: 14,
  InvalidAccessError: 15,
  TypeMismatchError: 17,
  SecurityError: 18,
  NetworkError: 19,
  AbortError: 20,
  URLMismatchError: 21,
  QuotaExceededError: 22,
  TimeoutError: 23,
  InvalidNodeTypeError: 24,
  DataCloneError: 25,
};
const CODE_NAMES = Object.fromEntries(
  Object.entries(DOM_EXCEPTION_CODES).map(([name, code]) => [
    `${name
      .replace(/Error$/, "")
      .replace(/([a-z])([A-Z])/g, "$1_$2")
      .toUpperCase()}_ERR`,
    { name, code },
  ]),
);

function checkThrown(error, { type, description }) {
  const [wanted, ...rest] = type;
  const isObject = typeof error === "object" && error !== null;
  if (typeof wanted === "function") {
    check(isObject, description, () => `threw ${show(error)}, not an object`);
    check(error.constructor === wanted, description, () => `threw ${show(error)}, not a ${wanted.name}`);
    return;
  }
  const name = CODE_NAMES[wanted]?.name ?? wanted;
  const code = typeof wanted === "number" ? wanted : (DOM_EXCEPTION_CODES[name] ?? 0);
  check(
    isObject && error instanceof (rest[0] ?? DOMException),
    description,
    () => `threw ${show(error)}, not a DOMException`,
  );
  if (typeof wanted === "string") check(error.name === name, description, () => `threw ${show(error)}, not a ${name}`);
  check(error.code === code, description, () => `code ${error.code}, not ${code}`);
}

function thrownBy(func, description) {
  try {
    func.call(undefined);
  } catch (error) {
    if (error instanceof AssertionError) throw error;
    return error;
  }
  throw new AssertionError(`${description === undefined ? "" : `${description}: `}did not throw`);
}

/** Of `assert_throws_dom` and `promise_rejects_dom`, after the type: `(subject, description)` or `(constructor, subject, description)`. */
function domArguments([first, second, third]) {
  const isOfRealm = typeof first === "function" && (typeof second === "function" || typeof second?.then === "function");
  return isOfRealm
    ? { Realm: first, subject: second, description: third }
    : { Realm: undefined, subject: first, description: second };
}

async function rejectionOf(promise, description) {
  let value;
  try {
    value = await promise;
  } catch (error) {
    return error;
  }
  throw new AssertionError(`${description === undefined ? "" : `${description}: `}fulfilled with ${show(value)}`);
}

export const asserts = {
  AssertionError,
  format_value: show,
  assert_true: (value, d) => check(value === true, d, () => `expected true, got ${show(value)}`),
  assert_false: (value, d) => check(value === false, d, () => `expected false, got ${show(value)}`),
  assert_equals: (actual, expected, d) =>
    check(Object.is(actual, expected), d, () => `expected ${show(expected)}, got ${show(actual)}`),
  assert_not_equals: (actual, expected, d) => check(!Object.is(actual, expected), d, () => `got ${show(actual)}`),
  assert_in_array: (actual, expected, d) =>
    check(expected.includes(actual), d, () => `${show(actual)} is not in ${show(expected)}`),
  assert_array_equals(actual, expected, d) {
    check(typeof actual === "object" && actual !== null && "length" in actual, d, () => `${show(actual)} is no array`);
    check(actual.length === expected.length, d, () => `expected ${show([...expected])}, got ${show([...actual])}`);
    for (let i = 0; i < actual.length; i++) {
      check(i in actual === i in expected, d, () => `property ${i}: expected ${i in expected}, got ${i in actual}`);
      check(
        Object.is(actual[i], expected[i]),
        d,
        () => `element ${i}: expected ${show(expected[i])}, got ${show(actual[i])}`,
      );
    }
  },
  assert_object_equals(actual, expected, d) {
    const seen = new Set();
    const compare = (one, other) => {
      if (typeof other !== "object" || other === null) return asserts.assert_equals(one, other, d);
      if (seen.has(one)) return undefined;
      seen.add(one);
      check(typeof one === "object" && one !== null, d, () => `expected ${show(other)}, got ${show(one)}`);
      for (const key of Object.keys(one)) check(key in other, d, () => `unexpected property ${key}`);
      for (const key of Object.keys(other)) {
        check(key in one, d, () => `missing property ${key}`);
        compare(one[key], other[key]);
      }
    };
    compare(actual, expected);
  },
  assert_approx_equals: (actual, expected, epsilon, d) =>
    check(
      actual === expected || Math.abs(actual - expected) <= epsilon,
      d,
      () => `expected ${expected} ± ${epsilon}, got ${actual}`,
    ),
  assert_less_than: (actual, expected, d) => check(actual < expected, d, () => `${show(actual)} is not < ${expected}`),
  assert_less_than_equal: (actual, expected, d) =>
    check(actual <= expected, d, () => `${show(actual)} is not <= ${expected}`),
  assert_greater_than: (actual, expected, d) =>
    check(actual > expected, d, () => `${show(actual)} is not > ${expected}`),
  assert_greater_than_equal: (actual, expected, d) =>
    check(actual >= expected, d, () => `${show(actual)} is not >= ${expected}`),
  assert_between_inclusive: (actual, lower, upper, d) =>
    check(actual >= lower && actual <= upper, d, () => `${show(actual)} is not in ${lower}..${upper}`),
  assert_between_exclusive: (actual, lower, upper, d) =>
    check(actual > lower && actual < upper, d, () => `${show(actual)} is not between ${lower} and ${upper}`),
  assert_regexp_match: (actual, expected, d) =>
    check(expected.test(actual), d, () => `${show(actual)} does not match ${expected}`),
  assert_class_string: (object, expected, d) =>
    check(Object.prototype.toString.call(object) === `[object ${expected}]`, d, () =>
      Object.prototype.toString.call(object),
    ),
  assert_own_property: (object, key, d) => check(Object.hasOwn(object, key), d, () => `no own property ${String(key)}`),
  assert_not_own_property: (object, key, d) =>
    check(!Object.hasOwn(object, key), d, () => `own property ${String(key)}`),
  assert_inherits: (object, key, d) =>
    check(!Object.hasOwn(object, key) && key in object, d, () => `${String(key)} is not inherited`),
  assert_idl_attribute: (object, key, d) => check(key in object, d, () => `no attribute ${key}`),
  assert_readonly(object, key, d) {
    const before = object[key];
    try {
      object[key] = `${before}x`;
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
    }
    check(Object.is(object[key], before), d, () => `${key} could be written`);
  },
  assert_throws_js: (Wanted, func, d) => checkThrown(thrownBy(func, d), { type: [Wanted], description: d }),
  assert_throws_dom(type, ...rest) {
    const { Realm, subject, description } = domArguments(rest);
    const error = thrownBy(subject, description);
    checkThrown(error, { type: Realm ? [type, Realm] : [type], description });
  },
  assert_throws_exactly(exception, func, d) {
    const error = thrownBy(func, d);
    check(Object.is(error, exception), d, () => `threw ${show(error)}, not ${show(exception)}`);
  },
  assert_unreached: (d) => check(false, d, () => "reached what must not be"),
  assert_any(assertion, actual, candidates, ...rest) {
    const failures = [];
    for (const expected of candidates) {
      try {
        assertion(actual, expected, ...rest);
        return;
      } catch (error) {
        failures.push(error.message);
      }
    }
    throw new AssertionError(failures.join("; "));
  },
  assert_implements: (condition, d) => check(condition, d, () => "is not implemented"),
  promise_rejects_js: async (_, Wanted, promise, d) =>
    checkThrown(await rejectionOf(promise, d), { type: [Wanted], description: d }),
  promise_rejects_dom: async (_, type, ...rest) => {
    const { Realm, subject, description } = domArguments(rest);
    const error = await rejectionOf(subject, description);
    checkThrown(error, { type: Realm ? [type, Realm] : [type], description });
  },
  promise_rejects_exactly: async (_, exception, promise, d) => {
    const error = await rejectionOf(promise, d);
    check(Object.is(error, exception), d, () => `rejected with ${show(error)}, not ${show(exception)}`);
  },
};
