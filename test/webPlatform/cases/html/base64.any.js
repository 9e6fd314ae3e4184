const DECODED = {
  "": "",
  ab: "i",
  abc: "i·",
  abcd: "i·\x1d",
  "ab==": "i",
  "abc=": "i·",
  " a\tb\nc\fd\r": "i·\x1d",
  YQ: "a",
  "YQ==": "a",
  "////": "ÿÿÿ",
  "++++": "ûï¾",
};
for (const [text, decoded] of Object.entries(DECODED))
  test(() => assert_equals(atob(text), decoded), `atob(${JSON.stringify(text)})`);

for (const text of [
  "a",
  "abcde",
  "ab=",
  "abc==",
  "=",
  "==",
  "====",
  "ab===",
  "a=bc",
  "abcd=",
  "ab-d",
  "ab_d",
  "ä",
  "abcd\u00a0",
  "ab\0c",
  "YQ==" + "YQ==",
]) {
  test(
    () => {
      assert_throws_dom("InvalidCharacterError", () => atob(text));
    },
    `atob(${JSON.stringify(text)}) throws`,
  );
}

test(() => {
  assert_equals(atob(null), "\x9eée");
  assert_equals(atob(12), "×");
  assert_throws_dom("InvalidCharacterError", () => atob(undefined));
  assert_throws_js(TypeError, () => atob());
  assert_throws_js(TypeError, () => btoa());
  assert_equals(btoa(undefined), "dW5kZWZpbmVk");
  assert_equals(btoa(null), "bnVsbA==");
  assert_equals(atob.length + btoa.length, 2);
}, "arguments are converted to strings");

test(() => {
  let all = "";
  for (let code = 0; code < 256; code++) all += String.fromCharCode(code);
  for (let length = 0; length <= 256; length++) {
    const text = all.slice(0, length);
    assert_equals(atob(btoa(text)), text);
    assert_equals(btoa(text).length, Math.ceil(length / 3) * 4);
  }
  assert_equals(btoa("ab"), "YWI=");
  assert_equals(btoa("\xff\xfe"), "//4=");
  const long = all.repeat(100);
  assert_equals(atob(btoa(long)), long);
}, "there and back");

test(() => {
  for (const text of ["Ā", "aĀ", "abĀ", "😀"]) assert_throws_dom("InvalidCharacterError", () => btoa(text));
}, "btoa takes bytes only");
