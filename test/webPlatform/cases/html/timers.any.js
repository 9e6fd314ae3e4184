test(() => {
  for (const [name, length] of Object.entries({
    setTimeout: 1,
    setInterval: 1,
    clearTimeout: 0,
    clearInterval: 0,
    queueMicrotask: 1,
  })) {
    const { value, writable, enumerable, configurable } = Object.getOwnPropertyDescriptor(globalThis, name);
    assert_equals(value.name, name);
    assert_equals(value.length, length);
    assert_true(writable && configurable, name);
    assert_false(Object.hasOwn(value, "prototype"));
  }
}, "functions");

promise_test(async () => {
  let given;
  await new Promise((resolve) =>
    setTimeout(
      function (...args) {
        given = [this, ...args];
        resolve();
      },
      0,
      1,
      "two",
    ),
  );
  assert_array_equals(given, [globalThis, 1, "two"]);
}, "a callback gets its arguments, and the global object as its receiver");

test(() => {
  const id = setTimeout(() => {}, 10);
  assert_true(Number.isInteger(id) && id > 0);
  assert_equals(clearTimeout(id), undefined);
  for (const value of [undefined, null, -1, 1e9, "x", {}]) assert_equals(clearTimeout(value), undefined);
  clearInterval(setTimeout(() => assert_unreached(), 1));
  clearTimeout(setInterval(() => assert_unreached(), 1));
  clearTimeout(`${setTimeout(() => assert_unreached(), 1)}`);
}, "clearing");

test(() => {
  for (const value of [undefined, null, {}, 5]) assert_throws_js(TypeError, () => setTimeout(value));
  assert_throws_js(TypeError, () => setTimeout());
  assert_throws_js(TypeError, () => setTimeout(() => {}, Symbol("x")));
  assert_throws_js(TypeError, () => setTimeout(() => {}, 1n));
}, "arguments that are refused");

test(() => {
  assert_throws_js(TypeError, () => setTimeout("globalThis.ran = true", 0));
  assert_throws_js(TypeError, () => setInterval("globalThis.ran = true", 0));
}, "code in strings is refused");

promise_test(async () => {
  const order = [];
  const done = new Promise((resolve) => setTimeout(resolve, 30));
  setTimeout(() => order.push("20"), 20);
  setTimeout(() => order.push("2 ** 32"), 2 ** 32);
  setTimeout(() => order.push("-100"), -100);
  setTimeout(() => order.push("NaN"), Number.NaN);
  setTimeout(() => order.push("text"), "x");
  await done;
  assert_array_equals(order, ["2 ** 32", "-100", "NaN", "text", "20"]);
}, "delays are longs: they wrap around, and less than 0 is 0");

promise_test(async () => {
  const order = [];
  setTimeout(() => order.push("timer"), 0);
  queueMicrotask(() => {
    order.push("microtask");
    queueMicrotask(() => order.push("nested microtask"));
  });
  Promise.resolve().then(() => order.push("promise"));
  order.push("script");
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert_array_equals(order, ["script", "microtask", "promise", "nested microtask", "timer"]);
}, "microtasks run before timers, in their order");

promise_test(async () => {
  let count = 0;
  await new Promise((resolve) => {
    const id = setInterval(() => {
      if (++count < 3) return;
      clearInterval(id);
      resolve();
    }, 1);
  });
  await new Promise((resolve) => setTimeout(resolve, 10));
  assert_equals(count, 3);
}, "intervals go on until they are cleared");

promise_test(async () => {
  const order = [];
  setTimeout(() => {
    order.push(1);
    Promise.resolve().then(() => order.push(2));
  }, 0);
  setTimeout(() => order.push(3), 0);
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert_array_equals(order, [1, 2, 3]);
}, "microtasks of a timer run before the next timer");

test(() => {
  for (const value of [undefined, null, {}, "x"]) assert_throws_js(TypeError, () => queueMicrotask(value));
  assert_throws_js(TypeError, () => queueMicrotask());
  assert_equals(
    queueMicrotask(() => {}),
    undefined,
  );
}, "queueMicrotask takes a function");
