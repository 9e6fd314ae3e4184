idl_test(`
[Exposed=(Window,Worker)]
interface FormData {
  constructor(optional HTMLFormElement form, optional HTMLElement? submitter = null);

  undefined append(USVString name, USVString value);
  undefined append(USVString name, Blob blobValue, optional USVString filename);
  undefined delete(USVString name);
  FormDataEntryValue? get(USVString name);
  sequence<FormDataEntryValue> getAll(USVString name);
  boolean has(USVString name);
  undefined set(USVString name, USVString value);
  undefined set(USVString name, Blob blobValue, optional USVString filename);
  iterable<USVString, FormDataEntryValue>;
};`);

test(() => {
  for (const form of [null, {}, "x", 1]) assert_throws_js(TypeError, () => new FormData(form));
  assert_equals([...new FormData(undefined)].length, 0);
}, "is made of nothing");

test(() => {
  const form = new FormData();
  form.append("a", "1");
  form.append("a", "2");
  form.append("b", null);
  form.append("c", undefined);
  form.append("\ud800", "\udc00");
  assert_array_equals(form.getAll("a"), ["1", "2"]);
  assert_equals(form.get("b"), "null");
  assert_equals(form.get("c"), "undefined");
  assert_equals(form.get("\ufffd"), "\ufffd");
  assert_equals(form.get("none"), null);
  assert_array_equals(form.getAll("none"), []);
  form.set("a", "3");
  assert_array_equals([...form.keys()], ["a", "b", "c", "\ufffd"]);
  form.set("d", "4");
  form.delete("b");
  assert_true(form.has("d"));
  assert_false(form.has("b"));
}, "append, set, get, getAll, has, delete");

test(() => {
  const form = new FormData();
  form.append("blob", new Blob(["x"], { type: "a/b" }));
  form.append("named", new Blob(["x"]), "name\ud800");
  const file = new File(["x"], "own", { lastModified: 7, type: "c/d" });
  form.append("file", file);
  form.append("renamed", file, "other");
  assert_true(form.get("blob") instanceof File);
  assert_equals(form.get("blob").name, "blob");
  assert_equals(form.get("blob").type, "a/b");
  assert_equals(form.get("named").name, "name\ufffd");
  assert_equals(form.get("file"), file);
  assert_not_equals(form.get("renamed"), file);
  assert_equals(form.get("renamed").name, "other");
  assert_equals(form.get("renamed").lastModified, 7);
  assert_equals(form.get("renamed").type, "c/d");
  assert_equals(form.get("blob"), form.get("blob"), "the same object each time");
  for (const method of ["append", "set"]) assert_throws_js(TypeError, () => form[method]("x", "text", "name"));
}, "a Blob becomes a File");

test(() => {
  const form = new FormData();
  form.append("a", "1");
  form.append("b", "2");
  const seen = [];
  for (const [name] of form) {
    seen.push(name);
    if (name === "a") form.delete("a");
    else if (seen.length < 5) form.append("c", "3");
  }
  assert_array_equals(seen, ["a", "c", "c", "c"].slice(0, seen.length));
  const each = [];
  form.forEach((value, name, owner) => each.push(owner === form));
  assert_true(each.every(Boolean));
  assert_equals(Object.prototype.toString.call(form.entries()), "[object FormData Iterator]");
}, "iteration is live");
