idl_test(`
[Exposed=*]
interface Event {
  constructor(DOMString type, optional EventInit eventInitDict = {});

  readonly attribute DOMString type;
  readonly attribute EventTarget? target;
  readonly attribute EventTarget? srcElement; // legacy
  readonly attribute EventTarget? currentTarget;
  sequence<EventTarget> composedPath();

  const unsigned short NONE = 0;
  const unsigned short CAPTURING_PHASE = 1;
  const unsigned short AT_TARGET = 2;
  const unsigned short BUBBLING_PHASE = 3;
  readonly attribute unsigned short eventPhase;

  undefined stopPropagation();
           attribute boolean cancelBubble; // legacy alias of .stopPropagation()
  undefined stopImmediatePropagation();

  readonly attribute boolean bubbles;
  readonly attribute boolean cancelable;
           attribute boolean returnValue;  // legacy
  undefined preventDefault();
  readonly attribute boolean defaultPrevented;
  readonly attribute boolean composed;

  [LegacyUnforgeable] readonly attribute boolean isTrusted;
  readonly attribute DOMHighResTimeStamp timeStamp;

  undefined initEvent(DOMString type, optional boolean bubbles = false, optional boolean cancelable = false); // legacy
};`);

test(() => {
  const event = new Event("test");
  assert_equals(event.type, "test");
  assert_equals(event.target, null);
  assert_equals(event.srcElement, null);
  assert_equals(event.currentTarget, null);
  assert_equals(event.eventPhase, Event.NONE);
  assert_array_equals(event.composedPath(), []);
  for (const name of ["bubbles", "cancelable", "composed", "defaultPrevented", "isTrusted", "cancelBubble"])
    assert_equals(event[name], false, name);
  assert_equals(event.returnValue, true);
  assert_equals(typeof event.timeStamp, "number");
}, "a new event has the values of the standard");

test(() => {
  const event = new Event("I am an event", { bubbles: 1, cancelable: "yes", composed: {}, sweet: "x" });
  assert_true(event.bubbles && event.cancelable && event.composed);
  assert_false("sweet" in event);
  assert_equals(new Event(null, null).type, "null");
  assert_equals(new Event(undefined).type, "undefined");
  assert_throws_js(TypeError, () => new Event("x", 5));
  assert_throws_js(TypeError, () => new Event(Symbol("x")));
}, "the constructor converts its arguments");

test(() => {
  const [first, second] = [new Event("x"), new Event("y")].map((event) =>
    Object.getOwnPropertyDescriptor(event, "isTrusted"),
  );
  assert_equals(typeof first.get, "function");
  assert_equals(first.set, undefined);
  assert_equals(first.get, second.get);
  assert_true(first.enumerable);
  assert_false(first.configurable);
  assert_throws_js(TypeError, () => first.get.call({}));
}, "isTrusted is unforgeable");

test(() => {
  const event = new Event("x");
  event.preventDefault();
  assert_false(event.defaultPrevented);
  const cancelable = new Event("x", { cancelable: true });
  cancelable.returnValue = true;
  assert_false(cancelable.defaultPrevented);
  cancelable.returnValue = false;
  assert_true(cancelable.defaultPrevented);
  cancelable.returnValue = true;
  assert_true(cancelable.defaultPrevented);
  assert_false(cancelable.returnValue);
}, "only what is cancelable can be cancelled");

test(() => {
  const event = new Event("x");
  event.cancelBubble = false;
  assert_false(event.cancelBubble);
  event.stopPropagation();
  assert_true(event.cancelBubble);
  event.cancelBubble = false;
  assert_true(event.cancelBubble);
}, "cancelBubble stops the propagation and never starts it");

test(() => {
  const event = new Event("x", { cancelable: true });
  event.preventDefault();
  event.stopPropagation();
  event.initEvent("y", true);
  assert_equals(event.type, "y");
  assert_true(event.bubbles);
  assert_false(event.cancelable || event.defaultPrevented || event.cancelBubble);
  assert_throws_js(TypeError, () => event.initEvent());
}, "initEvent starts anew");

test(() => {
  const target = new EventTarget();
  let seen;
  target.addEventListener("x", (event) => {
    event.initEvent("y", true, true);
    seen = [
      event.type,
      event.bubbles,
      event.eventPhase,
      event.currentTarget === target,
      event.composedPath()[0] === target,
    ];
  });
  const event = new Event("x");
  target.dispatchEvent(event);
  assert_array_equals(seen, ["x", false, Event.AT_TARGET, true, true]);
  assert_equals(event.eventPhase, Event.NONE);
  assert_equals(event.currentTarget, null);
  assert_equals(event.target, target);
  assert_array_equals(event.composedPath(), []);
}, "while it is dispatched it cannot be initialised");
