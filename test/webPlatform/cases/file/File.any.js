idl_test(`
[Exposed=(Window,Worker), Serializable]
interface File : Blob {
  constructor(sequence<BlobPart> fileBits,
              USVString fileName,
              optional FilePropertyBag options = {});
  readonly attribute DOMString name;
  readonly attribute long long lastModified;
};`);

promise_test(async () => {
  const file = new File(["abc"], "a/b\ud800", { type: "X/Y", lastModified: 1.9 });
  assert_equals(file.name, "a/b\ufffd");
  assert_equals(file.type, "x/y");
  assert_equals(file.lastModified, 1);
  assert_equals(await file.text(), "abc");
  assert_true(file instanceof Blob);
  const part = file.slice(1);
  assert_false(part instanceof File);
  assert_equals(await part.text(), "bc");
  assert_equals(await new Blob([file, "d"]).text(), "abcd");
}, "is a Blob with a name");

test(() => {
  for (const args of [[], [[]], ["x", "a"], [undefined, "a"], [null, "a"], [[], "a", 1]])
    assert_throws_js(TypeError, () => new File(...args));
  assert_equals(new File([], undefined).name, "undefined");
}, "needs its bits and its name");

test(() => {
  const before = Date.now();
  assert_equals(new File([], "x").lastModified, before);
  for (const [given, kept] of [
    [0, 0],
    [-1, -1],
    ["5", 5],
    [Number.NaN, 0],
    [null, 0],
    [new Date(7), 7],
    [undefined, before],
  ])
    assert_equals(new File([], "x", { lastModified: given }).lastModified, kept);
}, "lastModified is now unless it is said");
