idl_test(
  `
[Exposed=*]
interface AbortSignal : EventTarget {
  [NewObject] static AbortSignal abort(optional any reason);
  [Exposed=(Window,Worker), NewObject] static AbortSignal timeout([EnforceRange] unsigned long long milliseconds);
  [NewObject] static AbortSignal _any(sequence<AbortSignal> signals);

  readonly attribute boolean aborted;
  readonly attribute any reason;
  undefined throwIfAborted();

  attribute EventHandler onabort;
};`.replace("_any", "any"),
);

test(() => {
  const signal = AbortSignal.abort("why");
  assert_true(signal.aborted);
  assert_equals(signal.reason, "why");
  assert_throws_exactly("why", () => signal.throwIfAborted());
  assert_equals(AbortSignal.abort().reason.name, "AbortError");
  assert_equals(new AbortController().signal.throwIfAborted(), undefined);
}, "abort and throwIfAborted");

promise_test(async () => {
  const signal = AbortSignal.timeout(1);
  assert_false(signal.aborted);
  const event = await new Promise((resolve) => signal.addEventListener("abort", resolve));
  assert_true(event.isTrusted);
  assert_true(signal.reason instanceof DOMException);
  assert_equals(signal.reason.name, "TimeoutError");
  assert_equals(signal.reason.code, 23);
}, "timeout");

test(() => {
  for (const value of [-1, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY, undefined])
    assert_throws_js(TypeError, () => AbortSignal.timeout(value));
  assert_throws_js(TypeError, () => AbortSignal.timeout());
  assert_false(AbortSignal.timeout(-0.5).aborted);
}, "timeout takes an unsigned long long");

test(() => {
  const [one, two] = [new AbortController(), new AbortController()];
  const any = AbortSignal.any(new Set([one.signal, two.signal]));
  const order = [];
  any.addEventListener("abort", () => order.push("any"));
  two.signal.addEventListener("abort", () => order.push("two"));
  two.abort("two");
  one.abort("one");
  assert_array_equals(order, ["two", "any"]);
  assert_equals(any.reason, "two");
}, "any follows the first that aborts");

test(() => {
  const never = AbortSignal.any([]);
  assert_false(never.aborted);
  const first = AbortSignal.abort("first");
  assert_equals(AbortSignal.any([new AbortController().signal, first, AbortSignal.abort("second")]).reason, "first");
  assert_not_equals(AbortSignal.any([first]), first);
  assert_throws_js(TypeError, () => AbortSignal.any([{}]));
  assert_throws_js(TypeError, () => AbortSignal.any());
  assert_throws_js(TypeError, () => AbortSignal.any(first));
}, "any of none, and of those that are aborted");

test(() => {
  const controller = new AbortController();
  const first = AbortSignal.any([controller.signal]);
  const second = AbortSignal.any([first, new AbortController().signal]);
  const third = AbortSignal.any([second, first]);
  const order = [];
  let all;
  for (const [name, signal] of Object.entries({ third, second, first, source: controller.signal })) {
    signal.addEventListener("abort", () => {
      order.push(name);
      all ??= [controller.signal, first, second, third].every(({ aborted }) => aborted);
    });
  }
  controller.abort();
  assert_array_equals(order, ["source", "first", "second", "third"]);
  assert_true(all, "all are aborted before the first event");
  assert_equals(third.reason, controller.signal.reason);
}, "signals that follow others follow their sources");

test(() => {
  const controller = new AbortController();
  const { signal } = controller;
  const order = [];
  const first = () => order.push("first");
  signal.onabort = () => order.push("no");
  signal.addEventListener("abort", () => order.push("listener"));
  signal.onabort = first;
  assert_equals(signal.onabort, first);
  controller.abort();
  assert_array_equals(order, ["first", "listener"]);
  const other = new AbortController().signal;
  for (const value of [5, "x", undefined, null]) {
    other.onabort = value;
    assert_equals(other.onabort, null);
  }
  const object = {};
  other.onabort = object;
  assert_equals(other.onabort, object);
}, "onabort listens from its first value");
