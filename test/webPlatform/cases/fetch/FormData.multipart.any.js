const lines = (...all) => all.join("\r\n");
const FIELD = 'Content-Disposition: form-data; name="a"';
const FILE = `${FIELD}; filename="f"`;
/** A body of one part. */
const part = (head, value = "value", rest = ["--edge--", ""]) => lines("--edge", ...[head].flat(), "", value, ...rest);
const parse = (body, type = "multipart/form-data; boundary=edge") =>
  new Response(body, { headers: { "content-type": type } }).formData();

/** What it is, the body, and its entries: of a file its name, type and text. */
const PARSED = [
  ["a field", part(FIELD), ["a", "value"]],
  ["an empty field", part(FIELD, ""), ["a", ""]],
  ["a file whose type is not told", part(FILE), ["a", ["f", "text/plain", "value"]]],
  ["a file", part([FILE, "Content-Type: image/png"]), ["a", ["f", "image/png", "value"]]],
  ["a type before the name", part(["Content-Type: image/png", FILE]), ["a", ["f", "image/png", "value"]]],
  ["an empty file", part(FILE, ""), ["a", ["f", "text/plain", ""]]],
  ["a file without a name", part(`${FIELD}; filename=""`), ["a", ["", "text/plain", "value"]]],
  ["escapes stay in a name", part('Content-Disposition: form-data; name="%0A%0d%22%25"'), ["%0A%0d%22%25", "value"]],
  ["escapes stay in a file's name", part(`${FIELD}; filename="%0A%22"`), ["a", ["%0A%22", "text/plain", "value"]]],
  ["line ends in a value", part(FIELD, "1\r\n2\n3"), ["a", "1\r\n2\n3"]],
  ["the boundary's text in a value", part(FIELD, "edge --edge"), ["a", "edge --edge"]],
  ["spaces behind the first boundary", part(FIELD).replace("--edge", "--edge \t"), ["a", "value"]],
  ["spaces behind the last boundary", part(FIELD, "value", ["--edge-- \t", ""]), ["a", "value"]],
  ["nothing behind the last boundary", part(FIELD, "value", ["--edge--  "]), ["a", "value"]],
  ["text behind the end", part(FIELD, "value", ["--edge--", "more", "--edge"]), ["a", "value"]],
  ["other headers", part([FIELD, "X-Own: 1", "Content-Transfer-Encoding: base64"], "dg=="), ["a", "dg=="]],
  [
    "names of headers in other letters",
    part([FILE.toUpperCase().replace('"A"', '"a"'), "cOntent-tYpe: TEXT/css"]),
    ["a", ["F", "text/css", "value"]],
  ],
  ["space around the name of a header", part(` ${FIELD.replace(":", "\t :")}`), ["a", "value"]],
  ["two types", part([FILE, "Content-Type: text/html", "Content-Type: text/css"]), ["a", ["f", "text/css", "value"]]],
  ["two types in one header", part([FILE, "Content-Type: text/html, text/css"]), ["a", ["f", "text/css", "value"]]],
  ["a type with parameters", part([FILE, 'Content-Type: text/html;;x="y"']), ["a", ["f", "text/html;x=y", "value"]]],
  ["what is no type", part([FILE, "Content-Type: text"]), ["a", ["f", "", "value"]]],
  ["a type of other letters", part([FILE, "Content-Type: text/é"]), ["a", ["f", "", "value"]]],
  ["no type", part([FILE, "Content-Type:"]), ["a", ["f", "", "value"]]],
  ["a name of other letters", part('Content-Disposition: form-data; name="é😀"'), ["é😀", "value"]],
  ["control characters in a name", part('Content-Disposition: form-data; name="a\u0001"'), ["a\u0001", "value"]],
];
for (const [what, body, [name, value]] of PARSED) {
  promise_test(async () => {
    const entries = [...(await parse(body))];
    assert_equals(entries.length, 1);
    assert_equals(entries[0][0], name);
    const found = entries[0][1];
    if (typeof value === "string") return assert_equals(found, value);
    assert_true(found instanceof File);
    assert_array_equals([found.name, found.type, await found.text()], value);
    assert_equals(found.lastModified, 0);
  }, `multipart: ${what}`);
}

const REFUSED = [
  ["text before the first boundary", `text\r\n${part(FIELD)}`],
  ["text behind the last boundary", part(FIELD, "value", ["--edge--text", ""])],
  ["no headers", lines("--edge", "", "value", "--edge--", "")],
  ["no disposition", part("Content-Type: text/plain")],
  ["a disposition of another kind", part('Content-Disposition: attachment; name="a"')],
  ["no name", part("Content-Disposition: form-data")],
  ["a header without a colon", part(FIELD.replace(":", ""))],
  ["a header with a space in its name", part([FIELD, "Content Type: text/plain"])],
  ["a header that goes on in the next line", part(["Content-Disposition: form-data;", ' name="a"'])],
  ["NUL in a header", part([FIELD, "X-Own: \0"])],
  ["a line feed in a header", part('Content-Disposition: form-data; name="a\nb"')],
  ["a carriage return in a header", part('Content-Disposition: form-data; name="a\rb"')],
  ["no last boundary", lines("--edge", FIELD, "", "value")],
  ["no line end before the last boundary", lines("--edge", FIELD, "", "value--edge--", "")],
  ["a boundary alone", "--edge"],
  ["nothing", ""],
];
for (const [what, body] of REFUSED)
  promise_test((t) => promise_rejects_js(t, TypeError, parse(body)), `multipart: refused is ${what}`);

promise_test(async (t) => {
  await promise_rejects_js(t, TypeError, parse(part(FIELD), "multipart/form-data"));
  const empty = part(FIELD).replaceAll("--edge", "--");
  await promise_rejects_js(t, TypeError, parse(empty, 'multipart/form-data; boundary=""'));
  for (const boundary of ["a.b(c)", "bé", "with space"]) {
    const form = await parse(part(FIELD).replaceAll("edge", boundary), `multipart/form-data; boundary="${boundary}"`);
    assert_equals(form.get("a"), "value", boundary);
  }
}, "multipart: boundaries");

promise_test(async () => {
  const bytes = (text) => [...new TextEncoder().encode(text)];
  const content = [0x00, 0x80, 0xff, 0x0d, 0x0a, 0x2d, 0x2d];
  const body = new Uint8Array([...bytes(`--edge\r\n${FILE}\r\n\r\n`), ...content, ...bytes("\r\n--edge--\r\n")]);
  assert_array_equals(await (await parse(body)).get("a").bytes(), content);
  const damaged = new Uint8Array([...bytes(`--edge\r\n${FIELD}\r\n\r\n`), 0xff, ...bytes("\r\n--edge--\r\n")]);
  assert_equals((await parse(damaged)).get("a"), "\ufffd");
}, "multipart: bytes");

const serialized = async (form) => {
  const response = new Response(form);
  const [, boundary] = response.headers.get("content-type").split("boundary=");
  return (await response.text()).replaceAll(boundary, "edge");
};

promise_test(async () => {
  assert_equals(await serialized(new FormData()), lines("--edge--", ""));
  const boundaries = [1, 2].map(() => new Response(new FormData()).headers.get("content-type").split("boundary=")[1]);
  assert_not_equals(boundaries[0], boundaries[1]);
  assert_regexp_match(boundaries[0], /^[0-9A-Za-z-]{27,70}$/);
}, "multipart: an empty form, and a boundary of its own each time");

for (const [name, shown] of [
  ["a\nb", "a%0D%0Ab"],
  ["a\rb", "a%0D%0Ab"],
  ["a\r\nb", "a%0D%0Ab"],
  ["a\n\rb", "a%0D%0A%0D%0Ab"],
  ['a"b', "a%22b"],
  ["a'b\\c%0A", "a'b\\c%0A"],
]) {
  promise_test(
    async () => {
      const form = new FormData();
      form.append(name, "1\n2");
      const head = `Content-Disposition: form-data; name="${shown}"`;
      assert_equals(await serialized(form), lines("--edge", head, "", "1\r\n2", "--edge--", ""));
      assert_array_equals([...(await new Response(form).formData())][0], [shown, "1\r\n2"]);
    },
    `multipart: the name ${JSON.stringify(name)}`,
  );
}

for (const [name, shown] of [
  ["b\nc", "b%0Ac"],
  ["b\r\nc", "b%0D%0Ac"],
  ['b"c', "b%22c"],
  ["b'c\\", "b'c\\"],
]) {
  promise_test(
    async () => {
      const form = new FormData();
      form.append("a", new File(["1\n2"], name));
      const head = [`${FIELD}; filename="${shown}"`, "Content-Type: application/octet-stream"];
      assert_equals(await serialized(form), lines("--edge", ...head, "", "1\n2", "--edge--", ""));
    },
    `multipart: a file with the name ${JSON.stringify(name)}`,
  );
}

promise_test(async () => {
  const form = new FormData();
  form.append("a", "1");
  const response = new Response(form);
  form.append("b", "2");
  assert_equals([...(await response.formData())].length, 1);
}, "multipart: a body is the form as it was");

for (const [values, type] of [
  [["", "text/plain"], "text/plain"],
  [["text/html", "text/plain"], "text/plain"],
  [["text/plain;charset=gbk", "text/html"], "text/html"],
  [["text/plain;charset=gbk", "text/plain"], "text/plain;charset=gbk"],
  [["text/html;charset=gbk", 'text/html;x=",text/plain'], 'text/html;x=",text/plain";charset=gbk'],
  [["text/html;charset=gbk", "text/plain", "text/html"], "text/html"],
  [["text/html", "*/*;charset=gbk"], "text/html"],
  [["*/*", "text/html"], "text/html"],
  [['text/html;x="', "text/plain"], 'text/html;x=", text/plain"'],
  [['text/html;"', "text/plain"], "text/html"],
]) {
  promise_test(
    async () => {
      const headers = values.map((value) => ["content-type", value]);
      assert_equals((await new Response(null, { headers }).blob()).type, type);
    },
    `the type of ${JSON.stringify(values)}`,
  );
}
