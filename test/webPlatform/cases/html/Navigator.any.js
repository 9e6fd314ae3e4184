idl_test(`
interface Navigator {
  readonly attribute DOMString userAgent;
};`);

test(() => {
  assert_true(navigator instanceof Navigator);
  assert_equals(typeof navigator.userAgent, "string");
  assert_greater_than(navigator.userAgent.length, 0);
}, "navigator says who it is");

test(() => {
  assert_equals(self, globalThis);
}, "self is the global object");
