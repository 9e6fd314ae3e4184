idl_test(`
[Exposed=(Window,Worker,AudioWorklet), Transferable]
interface MessagePort : EventTarget {
  undefined postMessage(any message, sequence<object> transfer);
  undefined postMessage(any message, optional StructuredSerializeOptions options = {});
  undefined start();
  undefined close();

  // event handlers
  attribute EventHandler onclose;
  attribute EventHandler onmessage;
  attribute EventHandler onmessageerror;
};`);

const next = (port, type = "message") => new Promise((resolve) => port.addEventListener(type, resolve, { once: true }));
const later = () => new Promise((resolve) => setTimeout(resolve, 5));

promise_test(async () => {
  const { port1, port2 } = new MessageChannel();
  const message = { list: [1], self: null };
  message.self = message;
  port2.start();
  port1.postMessage(message);
  message.list.push(2);
  const event = await next(port2);
  assert_true(event instanceof MessageEvent);
  assert_array_equals(event.data.list, [1]);
  assert_equals(event.data.self, event.data);
  assert_equals(event.target, port2);
  assert_true(event.isTrusted);
  assert_equals(event.origin + event.lastEventId, "");
  assert_equals(event.source, null);
  assert_equals(event.ports.length, 0);
  assert_true(Object.isFrozen(event.ports));
}, "a message is cloned when it is sent");

promise_test(async () => {
  const { port1, port2 } = new MessageChannel();
  const order = [];
  port1.onmessage = ({ data }) => {
    order.push(data);
    Promise.resolve().then(() => order.push(`microtask of ${data}`));
  };
  port2.postMessage("first");
  port2.postMessage("second");
  order.push("script");
  await later();
  assert_array_equals(order, ["script", "first", "microtask of first", "second", "microtask of second"]);
}, "messages come in their order, each in a task of its own");

promise_test(async () => {
  const { port1, port2 } = new MessageChannel();
  const seen = [];
  port1.postMessage(1);
  port2.addEventListener("message", ({ data }) => seen.push(data));
  await later();
  assert_array_equals(seen, []);
  port2.start();
  port2.start();
  await later();
  assert_array_equals(seen, [1]);
}, "messages wait until the port is started");

promise_test(async () => {
  const { port1, port2 } = new MessageChannel();
  port1.postMessage(1);
  const handler = () => {};
  port2.onmessage = handler;
  assert_equals(port2.onmessage, handler);
  const { data } = await next(port2);
  assert_equals(data, 1);
  port2.onmessage = "x";
  assert_equals(port2.onmessage, null);
}, "setting onmessage starts the port");

promise_test(async () => {
  const { port1, port2 } = new MessageChannel();
  port2.start();
  const buffer = new ArrayBuffer(4);
  port1.postMessage(buffer, [buffer]);
  assert_true(buffer.detached);
  assert_equals((await next(port2)).data.byteLength, 4);
  const other = new ArrayBuffer(5);
  port1.postMessage({ other }, { transfer: [other] });
  assert_equals((await next(port2)).data.other.byteLength, 5);
}, "transfers buffers");

promise_test(async () => {
  const { port1, port2 } = new MessageChannel();
  const inner = new MessageChannel();
  port2.start();
  inner.port1.postMessage("early");
  port1.postMessage({ port: inner.port2 }, [inner.port2]);
  const event = await next(port2);
  assert_equals(event.ports.length, 1);
  assert_equals(event.data.port, event.ports[0]);
  assert_not_equals(event.ports[0], inner.port2);
  inner.port1.postMessage("late");
  const seen = [];
  event.ports[0].onmessage = ({ data }) => seen.push(data);
  await later();
  assert_array_equals(seen, ["early", "late"]);
  inner.port1.onmessage = ({ data }) => seen.push(data);
  event.ports[0].postMessage("back");
  await later();
  assert_array_equals(seen, ["early", "late", "back"]);
  assert_throws_dom("DataCloneError", () => port1.postMessage(1, [inner.port2]));
}, "a port that is transferred takes its messages along");

test(() => {
  const { port1, port2 } = new MessageChannel();
  assert_throws_dom("DataCloneError", () => port1.postMessage(1, [port1]));
  assert_throws_dom("DataCloneError", () => port1.postMessage(port2));
  assert_throws_dom("DataCloneError", () => port1.postMessage(() => {}));
  assert_throws_dom("DataCloneError", () => port1.postMessage(1, [{}]));
  assert_throws_js(TypeError, () => port1.postMessage());
  assert_throws_js(TypeError, () => port1.postMessage(1, 5));
  assert_throws_js(TypeError, () => port1.postMessage(1, [5]));
  assert_equals(port1.postMessage(1, undefined), undefined);
  assert_equals(port1.postMessage(1, null), undefined);
}, "what cannot be sent");

promise_test(async () => {
  const { port1, port2 } = new MessageChannel();
  const seen = [];
  port2.onmessage = ({ data }) => seen.push(data);
  port2.onclose = (event) => seen.push(event.type);
  port1.onclose = () => seen.push("own");
  port1.postMessage(1);
  port1.close();
  port1.close();
  port1.postMessage(2);
  port2.postMessage(3);
  await later();
  assert_array_equals(seen, [1, "close"]);
}, "what was sent before close comes, then its other end hears of it");

promise_test(async () => {
  const { port1, port2 } = new MessageChannel();
  port2.onmessage = () => assert_unreached();
  port1.postMessage(1);
  port2.close();
  await later();
}, "a closed port hears nothing");

promise_test(async () => {
  const { port1, port2 } = new MessageChannel();
  port1.postMessage("lost", [port2]);
  await later();
}, "a port that is sent through its other end is lost");

test(() => {
  assert_throws_js(TypeError, () => structuredClone(1, { transfer: [1] }));
  const { port1 } = new MessageChannel();
  const moved = structuredClone(port1, { transfer: [port1] });
  assert_true(moved instanceof MessagePort);
  assert_not_equals(moved, port1);
}, "structuredClone moves ports");
