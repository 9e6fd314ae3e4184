idl_test(`
[Exposed=*]
interface PromiseRejectionEvent : Event {
  constructor(DOMString type, PromiseRejectionEventInit eventInitDict);

  readonly attribute object promise;
  readonly attribute any reason;
};`);

test(() => {
  const promise = Promise.resolve();
  const event = new PromiseRejectionEvent("unhandledrejection", { promise, reason: 5 });
  assert_equals(event.promise, promise);
  assert_equals(event.reason, 5);
  assert_equals(new PromiseRejectionEvent("x", { promise }).reason, undefined);
  assert_throws_js(TypeError, () => new PromiseRejectionEvent("x", { reason: 5 }));
  assert_throws_js(TypeError, () => new PromiseRejectionEvent("x", null));
  assert_throws_js(TypeError, () => new PromiseRejectionEvent("x"));
}, "its init");
