idl_test(`
[Exposed=*]
interface CustomEvent : Event {
  constructor(DOMString type, optional CustomEventInit eventInitDict = {});

  readonly attribute any detail;

  undefined initCustomEvent(DOMString type, optional boolean bubbles = false, optional boolean cancelable = false, optional any detail = null); // legacy
};`);

test(() => {
  assert_equals(new CustomEvent("x").detail, null);
  assert_equals(new CustomEvent("x", { detail: undefined }).detail, null);
  const detail = {};
  const event = new CustomEvent("x", { detail, bubbles: true });
  assert_equals(event.detail, detail);
  assert_true(event.bubbles);
  event.initCustomEvent("y", false, true, 5);
  assert_equals(event.type + event.detail + event.cancelable, "y5true");
  assert_throws_js(TypeError, () => event.initCustomEvent());
}, "detail");

test(() => {
  const target = new EventTarget();
  const event = new CustomEvent("x", { detail: 1 });
  target.addEventListener("x", () => event.initCustomEvent("y", true, true, 2));
  target.dispatchEvent(event);
  assert_equals(event.detail, 1);
}, "initCustomEvent does nothing during a dispatch");
