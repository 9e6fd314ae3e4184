idl_test(`
[Exposed=(Window,Worker,AudioWorklet)]
interface MessageEvent : Event {
  constructor(DOMString type, optional MessageEventInit eventInitDict = {});

  readonly attribute any data;
  readonly attribute USVString origin;
  readonly attribute DOMString lastEventId;
  readonly attribute MessageEventSource? source;
  readonly attribute FrozenArray<MessagePort> ports;

  undefined initMessageEvent(DOMString type, optional boolean bubbles = false, optional boolean cancelable = false, optional any data = null, optional USVString origin = "", optional DOMString lastEventId = "", optional MessageEventSource? source = null, optional sequence<MessagePort> ports = []);
};`);

test(() => {
  const event = new MessageEvent("message");
  assert_equals(event.data, null);
  assert_equals(event.origin + event.lastEventId, "");
  assert_equals(event.source, null);
  assert_equals(event.ports, event.ports);
  assert_true(Object.isFrozen(event.ports));
  const { port1 } = new MessageChannel();
  const full = new MessageEvent("message", {
    data: undefined,
    origin: "\ud800",
    lastEventId: 5,
    source: port1,
    ports: [port1],
  });
  assert_equals(full.data, null);
  assert_equals(full.origin + full.lastEventId, "\ufffd5");
  assert_equals(full.source, port1);
  assert_array_equals(full.ports, [port1]);
  for (const wrong of [{ ports: 1 }, { ports: [1] }, { source: 1 }, { source: {} }, { ports: null }])
    assert_throws_js(TypeError, () => new MessageEvent("message", wrong));
}, "its init");

test(() => {
  const event = new MessageEvent("x", { data: 1 });
  event.initMessageEvent("y", true, false, 2, "o", "i", null, []);
  assert_array_equals(
    [event.type, event.bubbles, event.data, event.origin, event.lastEventId],
    ["y", true, 2, "o", "i"],
  );
  event.initMessageEvent("z");
  assert_array_equals([event.bubbles, event.data, event.origin], [false, null, ""]);
  assert_throws_js(TypeError, () => event.initMessageEvent());
}, "initMessageEvent");
