idl_test(`
[Exposed=(Window,Worker)]
interface MessageChannel {
  constructor();

  readonly attribute MessagePort port1;
  readonly attribute MessagePort port2;
};`);

test(() => {
  const { port1, port2 } = new MessageChannel();
  const channel = new MessageChannel();
  assert_true(port1 instanceof MessagePort && port2 instanceof MessagePort);
  assert_not_equals(port1, port2);
  assert_equals(channel.port1, channel.port1);
}, "has two ports");
