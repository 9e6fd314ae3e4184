const handled = (t, name, handler) => {
  globalThis[name] = handler;
  t.add_cleanup(() => {
    globalThis[name] = null;
  });
};

test((t) => {
  const error = new TypeError("for the handler");
  let given;
  handled(t, "onerror", function (...args) {
    given = { self: this, args };
    return true;
  });
  assert_equals(reportError(error), undefined);
  assert_equals(given.self, globalThis);
  const [message, filename, lineno, colno, value] = given.args;
  assert_equals(given.args.length, 5);
  assert_true(message.includes("for the handler"));
  assert_equals(typeof filename, "string");
  assert_greater_than(lineno, 0);
  assert_greater_than(colno, 0);
  assert_equals(value, error);
}, "reportError calls onerror with five arguments");

test((t) => {
  let event;
  const hear = (heard) => {
    event = heard;
    heard.preventDefault();
  };
  addEventListener("error", hear);
  t.add_cleanup(() => removeEventListener("error", hear));
  reportError("text");
  assert_true(event instanceof ErrorEvent);
  assert_equals(event.error, "text");
  assert_equals(event.target, globalThis);
  assert_true(event.isTrusted && event.cancelable);
  assert_false(event.bubbles);
  reportError(undefined);
  assert_equals(event.error, undefined);
}, "reportError fires an ErrorEvent at the global object");

test(() => {
  assert_throws_js(TypeError, () => reportError());
  assert_equals(reportError.length, 1);
}, "reportError needs an argument");

test((t) => {
  let count = 0;
  handled(t, "onerror", () => {
    count++;
    throw new Error("of the handler itself");
  });
  reportError(new Error("first"));
  assert_equals(count, 1);
}, "what an error handler throws is not given to it again");

promise_test(async (t) => {
  const seen = [];
  handled(t, "onerror", (...args) => {
    seen.push(args[4]);
    return true;
  });
  setTimeout(() => {
    throw "of a timer";
  }, 0);
  queueMicrotask(() => {
    throw "of a microtask";
  });
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert_array_equals(seen, ["of a microtask", "of a timer"]);
}, "exceptions of timers and microtasks are reported");

test(() => {
  for (const name of ["onerror", "onunhandledrejection", "onrejectionhandled"]) {
    const { get, set, enumerable, configurable } = Object.getOwnPropertyDescriptor(globalThis, name);
    assert_true(enumerable && configurable && typeof get === "function" && typeof set === "function");
    assert_equals(globalThis[name], null);
    globalThis[name] = 5;
    assert_equals(globalThis[name], null);
  }
}, "handlers of the global object");

promise_test(async (t) => {
  let event;
  handled(t, "onunhandledrejection", (heard) => {
    event = heard;
    heard.preventDefault();
  });
  Promise.reject(new RangeError("nobody hears"));
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert_true(event instanceof PromiseRejectionEvent);
  assert_equals(event.reason.message, "nobody hears");
  assert_true(event.reason instanceof RangeError);
  assert_true(event.promise instanceof Promise);
  assert_true(event.cancelable && event.isTrusted);
}, "rejections that nobody takes reach onunhandledrejection");

promise_test(async (t) => {
  const reasons = [];
  handled(t, "onunhandledrejection", (event) => {
    reasons.push(event.reason);
    return false;
  });
  const late = Promise.reject("taken");
  late.catch(() => {});
  await null;
  Promise.reject("primitive");
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert_array_equals(reasons, ["primitive"]);
}, "rejections that are taken within their task do not");

promise_test(async (t) => {
  let count = 0;
  handled(t, "onunhandledrejection", (event) => {
    event.preventDefault();
    count++;
    Promise.reject("of the handler itself");
  });
  Promise.reject("first");
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert_equals(count, 1);
}, "what a rejection handler rejects is not given to it again");
