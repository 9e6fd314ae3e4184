idl_test(`
[Exposed=*, Serializable]
interface QuotaExceededError : DOMException {
  constructor(optional DOMString message = "", optional QuotaExceededErrorOptions options = {});

  readonly attribute double? quota;
  readonly attribute double? requested;
};`);

test(() => {
  const error = new QuotaExceededError();
  assert_array_equals([error.name, error.message, error.code], ["QuotaExceededError", "", 22]);
  assert_array_equals([error.quota, error.requested], [null, null]);
  assert_true(error instanceof DOMException);
  assert_true(error instanceof Error);
}, "it is a DOMException of its name, without numbers");

test(() => {
  const error = new QuotaExceededError("too much", { quota: 10, requested: 20.5 });
  assert_array_equals([error.message, error.quota, error.requested], ["too much", 10, 20.5]);
}, "it may say the quota, and what was requested");

for (const options of [{ quota: -1 }, { requested: -1 }, { quota: 10, requested: 9 }]) {
  test(
    () => {
      assert_throws_js(RangeError, () => new QuotaExceededError("", options));
    },
    `it refuses ${JSON.stringify(options)}`,
  );
}

for (const options of [{ quota: NaN }, { quota: Infinity }, { requested: "x" }, 5]) {
  test(
    () => {
      assert_throws_js(TypeError, () => new QuotaExceededError("", options));
    },
    `it refuses what is no number: ${typeof options === "number" ? options : Object.entries(options)}`,
  );
}

test(() => {
  try {
    crypto.getRandomValues(new Uint8Array(65_537));
    assert_unreached();
  } catch (error) {
    assert_equals(error.constructor, QuotaExceededError);
    assert_array_equals([error.quota, error.requested], [null, null]);
  }
}, "getRandomValues throws it");

test(() => {
  const error = new QuotaExceededError("too much", { quota: 10 });
  const clone = structuredClone(error);
  assert_true(clone instanceof QuotaExceededError);
  assert_not_equals(clone, error);
  assert_array_equals([clone.message, clone.quota, clone.requested], ["too much", 10, null]);
}, "it can be cloned");
