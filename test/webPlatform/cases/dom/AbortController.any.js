idl_test(`
[Exposed=*]
interface AbortController {
  constructor();

  [SameObject] readonly attribute AbortSignal signal;

  undefined abort(optional any reason);
};`);

test(() => {
  const controller = new AbortController();
  assert_equals(controller.signal, controller.signal);
  assert_true(controller.signal instanceof AbortSignal);
  assert_false(controller.signal.aborted);
  assert_equals(controller.signal.reason, undefined);
  assert_equals(controller.abort(), undefined);
  assert_true(controller.signal.aborted);
  assert_true(controller.signal.reason instanceof DOMException);
  assert_equals(controller.signal.reason.name, "AbortError");
  assert_equals(controller.signal.reason.code, 20);
}, "abort without a reason");

test(() => {
  const controller = new AbortController();
  const reason = {};
  const events = [];
  controller.signal.onabort = (event) => events.push(event);
  controller.signal.addEventListener("abort", (event) => events.push(event));
  controller.abort(reason);
  controller.abort("later");
  assert_equals(controller.signal.reason, reason);
  assert_equals(events.length, 2);
  assert_equals(events[0], events[1]);
  assert_equals(events[0].target, controller.signal);
  assert_true(events[0].isTrusted);
  assert_false(events[0].bubbles || events[0].cancelable);
}, "abort tells its signal once");

test(() => {
  const controller = new AbortController();
  let seen;
  controller.signal.addEventListener("abort", () => {
    seen = [controller.signal.aborted, controller.signal.reason];
  });
  controller.abort(null);
  assert_array_equals(seen, [true, null]);
}, "the signal is aborted when its event comes; null is a reason");
