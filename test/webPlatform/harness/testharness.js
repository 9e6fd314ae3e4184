// Runs one file of cases inside an isolate, as testharness.js does in a browser: the files of the public Web Platform Tests
// that have neither a document nor a server of their own (`*.any.js`) run as they are.
import { asserts } from "./asserts.js";
import { idl_test } from "./idl.js";

const { AssertionError } = asserts;
const { setTimeout, clearTimeout } = globalThis;
const TIMEOUT_MS = { normal: 10_000, long: 25_000 };

const tests = [];
const names = new Map();
let titlesOf = "";
let timeoutMs = TIMEOUT_MS.normal;
let multiplier = 1;
/** Promise tests run one after the other. */
let last = Promise.resolve();

class Test {
  status = "NOTRUN";
  message = "";
  #cleanups = [];
  #settle = Promise.withResolvers();

  constructor(name) {
    const title = name ?? titlesOf;
    const count = (names.get(title) ?? 0) + 1;
    names.set(title, count);
    this.name = count === 1 ? title : `${title} (${count})`;
    this.over = this.#settle.promise;
    tests.push(this);
  }

  get isOver() {
    return this.status !== "NOTRUN";
  }

  end(status, message = "") {
    if (this.isOver) return;
    this.status = status;
    this.message = message;
    const cleanups = this.#cleanups.splice(0).map(async (run) => run());
    Promise.allSettled(cleanups).then((settled) => {
      const failed = settled.find((one) => one.status === "rejected");
      if (failed !== undefined) Object.assign(this, { status: "FAIL", message: `the clean-up threw ${failed.reason}` });
      this.#settle.resolve();
    });
  }

  fail(error) {
    if (error instanceof OptionalFeature) this.end("PRECONDITION_FAILED", error.message);
    else if (error instanceof AssertionError) this.end("FAIL", error.message);
    else
      this.end(
        "FAIL",
        error instanceof Error
          ? `${error.name}: ${error.message}\n${error.stack}`
          : `threw ${asserts.format_value(error)}`,
      );
  }

  step(func, self = this, ...args) {
    if (this.isOver) return undefined;
    try {
      return func.apply(self, args);
    } catch (error) {
      this.fail(error);
      return undefined;
    }
  }

  step_func(func, self = this) {
    return (...args) => this.step(func, self, ...args);
  }

  step_func_done(func, self = this) {
    return (...args) => {
      if (func) this.step(func, self, ...args);
      this.done();
    };
  }

  unreached_func(description) {
    return this.step_func(() => asserts.assert_unreached(description));
  }

  step_timeout(func, delay, ...args) {
    return setTimeout(
      this.step_func(() => func.apply(this, args)),
      delay * multiplier,
    );
  }

  step_wait(condition, description, timeout = 3_000, interval = 20) {
    const attempts = Math.ceil(timeout / interval);
    return new Promise((resolve) => {
      const look = (left) => {
        if (condition()) resolve();
        else if (left === 0) this.fail(new AssertionError(`waited in vain: ${description ?? condition}`));
        else setTimeout(() => look(left - 1), interval);
      };
      look(attempts);
    });
  }

  add_cleanup(run) {
    this.#cleanups.push(run);
  }

  done() {
    this.end("PASS");
  }

  get_signal() {
    const controller = new AbortController();
    this.add_cleanup(() => controller.abort());
    return controller.signal;
  }
}

class OptionalFeature extends Error {}

function limited(test, { timeout } = {}) {
  const timer = setTimeout(
    () => test.end("TIMEOUT", "did not end in time"),
    timeout === "long" ? TIMEOUT_MS.long : timeoutMs,
  );
  return test.over.then(() => clearTimeout(timer));
}

const api = {
  ...asserts,
  assert_implements_optional(condition, description) {
    if (!condition) throw new OptionalFeature(description);
  },
  idl_test: (text, objects) => idl_test(api.test, text, objects),
  test(func, name) {
    const test = new Test(name);
    test.step(func, test, test);
    test.done();
  },
  async_test(func, name, properties) {
    const isNamed = typeof func === "function";
    const test = new Test(isNamed ? name : func);
    limited(test, isNamed ? properties : name);
    if (isNamed) test.step(func, test, test);
    return test;
  },
  promise_test(func, name, properties) {
    const test = new Test(name);
    last = last.then(async () => {
      const over = limited(test, properties);
      try {
        const promise = func.call(test, test);
        asserts.assert_true(typeof promise?.then === "function", "a promise test returns a promise");
        promise.then(
          () => test.done(),
          (error) => test.fail(error),
        );
      } catch (error) {
        test.fail(error);
      }
      await over;
    });
  },
  promise_setup(func) {
    last = last.then(func);
  },
  setup(first, second) {
    const properties = typeof first === "function" ? second : first;
    if (properties?.timeout_multiplier) multiplier = properties.timeout_multiplier;
    if (properties?.single_test) singleTest();
    if (typeof first === "function") first();
  },
  done() {
    single?.done();
  },
  add_completion_callback() {},
  step_timeout: (func, delay, ...args) => setTimeout(func, delay * multiplier, ...args),
  generate_tests(func, list) {
    for (const [name, ...args] of list) api.test(() => func(...args), name);
  },
  subsetTest: (run, ...args) => run(...args),
  EventWatcher: class {
    constructor(test, target, types) {
      this.wait_for = (expected) => {
        const list = [].concat(expected);
        return new Promise((resolve) => {
          const hear = test.step_func((event) => {
            asserts.assert_equals(event.type, list.shift());
            if (list.length > 0) return;
            for (const type of [].concat(types)) target.removeEventListener(type, hear);
            resolve(event);
          });
          for (const type of [].concat(types)) target.addEventListener(type, hear);
        });
      };
    }
  },
};

let single;
function singleTest() {
  single ??= api.async_test(titlesOf);
}

/**
 * Runs the body of a file of cases; gives what came of each.
 *
 * @param facts title and time-out of the file, and the texts of what it may fetch by a relative URL
 */
export async function runCases(cases, { title, isLong, resources }) {
  titlesOf = title;
  if (isLong) timeoutMs = TIMEOUT_MS.long;
  Object.assign(globalThis, api);
  globalThis.GLOBAL = { isWindow: () => false, isWorker: () => false, isShadowRealm: () => false };
  const { fetch } = globalThis;
  const local = (input, init) => {
    const text = typeof input === "string" ? resources[input.replace(/^\.?\//, "")] : undefined;
    return text === undefined ? fetch(input, init) : Promise.resolve(new Response(text));
  };
  try {
    await cases(local);
    await last;
  } catch (error) {
    new Test("the file itself").fail(error);
  }
  await Promise.all(tests.map((test) => test.over));
  return tests.map(({ name, status, message }) => ({ name, status, message }));
}
