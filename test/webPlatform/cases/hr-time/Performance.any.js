idl_test(`
[Exposed=(Window,Worker)]
interface Performance : EventTarget {
    DOMHighResTimeStamp now();
    readonly attribute DOMHighResTimeStamp timeOrigin;
    [Default] object toJSON();
};`);

test(() => {
  assert_true(performance instanceof Performance);
  assert_equals(typeof performance.now(), "number");
  assert_true(performance.now() >= 0);
  assert_less_than_equal(Math.abs(performance.timeOrigin + performance.now() - Date.now()), 60_000);
  assert_equals(JSON.stringify(performance), JSON.stringify({ timeOrigin: performance.timeOrigin }));
}, "its clock");

promise_test(async () => {
  const first = performance.now();
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert_greater_than(performance.now(), first);
}, "time passes between tasks and never goes back");
