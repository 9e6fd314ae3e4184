idl_test(`
[Exposed=*]
namespace console { // but see namespace object requirements below
  // Logging
  undefined assert(optional boolean condition = false, any... data);
  undefined clear();
  undefined debug(any... data);
  undefined error(any... data);
  undefined info(any... data);
  undefined log(any... data);
  undefined table(optional any tabularData, optional sequence<DOMString> properties);
  undefined trace(any... data);
  undefined warn(any... data);
  undefined dir(optional any item, optional object? options);
  undefined dirxml(any... data);

  // Counting
  undefined count(optional DOMString label = "default");
  undefined countReset(optional DOMString label = "default");

  // Grouping
  undefined group(any... data);
  undefined groupCollapsed(any... data);
  undefined groupEnd();

  // Timing
  undefined time(optional DOMString label = "default");
  undefined timeLog(optional DOMString label = "default", any... data);
  undefined timeEnd(optional DOMString label = "default");
};`);

test(() => {
  const { prototype } = { prototype: Object.getPrototypeOf(console) };
  assert_equals(Reflect.ownKeys(prototype).length, 0);
  assert_equals(Object.getPrototypeOf(prototype), Object.prototype);
  assert_equals(Object.getOwnPropertyDescriptor(globalThis, "console").enumerable, false);
}, "is a namespace object of the old kind");

test(() => {
  const { log } = console;
  assert_equals(log("without a receiver"), undefined);
  for (const name of ["count", "countReset", "time", "timeLog", "timeEnd"]) {
    assert_throws_js(TypeError, () => console[name](Symbol("x")), name);
    let converted = 0;
    console[name]({ toString: () => `label ${++converted}` });
    assert_equals(converted, 1, name);
    console[name](undefined);
    console[name](null);
  }
}, "labels are converted to strings");

test(() => {
  for (const name of Object.keys(console)) {
    if (!/assert|clear|debug|error|info|log|trace|warn|dirxml|group/.test(name)) continue;
    assert_equals(console[name](), undefined, name);
    assert_equals(console[name](Symbol("x"), "%s %d %o", 1n, undefined, null), undefined, name);
  }
  assert_equals(console.log("%s %d %i %f", Symbol("x"), Symbol("x"), 1n, "1.5"), undefined);
  console.dir({ a: 1 }, null);
  console.table([{ a: 1, b: 2 }, { a: 3 }, 5], ["a"]);
  console.table(5);
  const cyclic = [];
  cyclic.push(cyclic);
  console.log(
    cyclic,
    new Proxy(
      {},
      {
        ownKeys: () => {
          throw new Error("no");
        },
      },
    ),
  );
}, "takes any value");
