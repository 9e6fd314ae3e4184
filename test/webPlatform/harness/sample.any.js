// META: title=the sample
test(() => assert_equals(1, 1), "good");
test(() => assert_equals(1, 2), "not equal");
test(() => assert_throws_js(TypeError, () => {}), "does not throw");
test(() => assert_throws_js(TypeError, () => new RangeError()), "returns an error");
test(() => assert_throws_dom("AbortError", () => AbortSignal.abort().throwIfAborted()), "DOMException");
test(() => assert_throws_dom("SyntaxError", () => AbortSignal.abort().throwIfAborted()), "another DOMException");
test(() => assert_implements_optional(false, "not there"), "optional");
test(() => {});
test(() => {});
async_test((t) => setTimeout(t.step_func_done(), 1), "ends later");
async_test(
  (t) =>
    setTimeout(
      t.step_func_done(() => assert_unreached("no")),
      1,
    ),
  "fails later",
);
const order = [];
for (const name of ["first", "second"]) {
  promise_test(async () => {
    order.push(`${name} begins`);
    await new Promise((resolve) => setTimeout(resolve, 2));
    order.push(`${name} ends`);
  }, name);
}
promise_test(async (t) => {
  assert_array_equals(order, ["first begins", "first ends", "second begins", "second ends"]);
  await promise_rejects_js(t, RangeError, Promise.reject(new RangeError("x")));
  await promise_rejects_exactly(t, 5, Promise.reject(5));
}, "promise tests run in turn");
promise_test((t) => promise_rejects_js(t, RangeError, Promise.resolve()), "is not rejected");
promise_test((t) => {
  t.add_cleanup(() => Promise.reject(new Error("left over")));
  return Promise.resolve();
}, "clean-up fails");
class Sample {
  #size = 0;
  get size() {
    return this.#size;
  }
  grow(by) {
    this.#size += Number(by);
  }
}
Object.defineProperty(Sample.prototype, Symbol.toStringTag, { value: "Sample", configurable: true });
Object.defineProperty(Sample.prototype, "grow", { enumerable: true });
Object.defineProperty(globalThis, "Sample", { value: Sample, writable: true, configurable: true });
idl_test(`[Exposed=*] interface Sample {
  constructor(); // takes nothing
  readonly attribute unsigned long size;
  undefined grow([EnforceRange] unsigned long by, optional sequence<object> how = []);
  Promise<undefined> notThere(any value);
};`);
