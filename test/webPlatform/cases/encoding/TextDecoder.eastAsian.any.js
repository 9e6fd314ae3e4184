/** Encoding, bytes in hexadecimal, text. */
const DECODED = [
  ["gbk", "80 41", "€A"],
  ["gbk", "c4 e3 ba c3", "你好"],
  ["gbk", "81 30 81 30", "\u0080"],
  ["gb18030", "a3 a0", "\u3000"],
  ["gb18030", "a8 bc", "\u1e3f"],
  ["gb18030", "81 35 f4 37", "\ue7c7"],
  ["gb18030", "a6 d9 a6 df fe 59 fe 90", "\ufe10\ufe16\u9fb4\u9fba"],
  ["gb18030", "82 35 90 37", "\u9fb4"],
  ["gb18030", "90 30 81 30 e3 32 9a 35", "\u{10000}\u{10ffff}"],
  ["gb18030", "e3 32 9a 36", "\ufffd"],
  ["gb18030", "84 31 a4 39", "\uffff"],
  ["gb18030", "84 31 a5 30", "\ufffd"],
  ["gb18030", "81", "\ufffd"],
  ["gb18030", "81 30", "\ufffd"],
  ["gb18030", "81 30 81", "\ufffd"],
  ["gb18030", "81 7f", "\ufffd\x7f"],
  ["gb18030", "81 ff", "\ufffd"],
  ["gb18030", "ff 41", "\ufffdA"],
  ["gb18030", "81 30 41", "\ufffd0A"],
  ["gb18030", "81 30 81 41", "\ufffd0丄"],
  ["gb18030", "81 30 ff", "\ufffd0\ufffd"],
  ["big5", "a7 41 a6 6e", "你好"],
  ["big5", "88 62 88 64 88 a3 88 a5", "\u00ca\u0304\u00ca\u030c\u00ea\u0304\u00ea\u030c"],
  ["big5", "87 40 87 45", "䏰\u{27267}"],
  ["big5", "81 40", "\ufffd@"],
  ["big5", "a1 7f", "\ufffd\x7f"],
  ["big5", "a1 80", "\ufffd"],
  ["big5", "a1", "\ufffd"],
  ["big5", "80 ff 41", "\ufffd\ufffdA"],
  ["euc-kr", "b0 a1 b3 aa", "가나"],
  ["euc-kr", "81 41", "갂"],
  ["euc-kr", "81 5b", "\ufffd["],
  ["euc-kr", "81 ff", "\ufffd"],
  ["euc-kr", "80 ff 41", "\ufffd\ufffdA"],
  ["euc-kr", "81", "\ufffd"],
  ["shift_jis", "82 a0 83 41", "あア"],
  ["shift_jis", "5c 7e 80", "\\~\x80"],
  ["shift_jis", "a1 df", "｡ﾟ"],
  ["shift_jis", "f0 40 f9 fc", "\ue000\ue757"],
  ["shift_jis", "a0 fd fe ff 41", "\ufffd\ufffd\ufffd\ufffdA"],
  ["shift_jis", "81 7f", "\ufffd\x7f"],
  ["shift_jis", "85 41", "\ufffdA"],
  ["shift_jis", "81 fd", "\ufffd"],
  ["shift_jis", "81", "\ufffd"],
  ["euc-jp", "a4 a2 a5 a2", "あア"],
  ["euc-jp", "8e b1", "ｱ"],
  ["euc-jp", "8e e0", "\ufffd"],
  ["euc-jp", "8e 41", "\ufffdA"],
  ["euc-jp", "8f b0 a1", "丂"],
  ["euc-jp", "8f a1 a1", "\ufffd"],
  ["euc-jp", "8f b0 41 a4 a2", "\ufffdAあ"],
  ["euc-jp", "8f 41", "\ufffdA"],
  ["euc-jp", "8f", "\ufffd"],
  ["euc-jp", "8f b0", "\ufffd"],
  ["euc-jp", "80 a0 ff 41", "\ufffd\ufffd\ufffdA"],
  ["iso-2022-jp", "41 1b 24 42 24 22 1b 28 42 41", "AあA"],
  ["iso-2022-jp", "1b 24 40 24 22", "あ"],
  ["iso-2022-jp", "5c 7e", "\\~"],
  ["iso-2022-jp", "1b 28 4a 5c 7e 41", "¥‾A"],
  ["iso-2022-jp", "1b 28 49 21 5f 60", "｡ﾟ\ufffd"],
  ["iso-2022-jp", "0e 0f 80", "\ufffd\ufffd\ufffd"],
  ["iso-2022-jp", "1b", "\ufffd"],
  ["iso-2022-jp", "1b 24", "\ufffd$"],
  ["iso-2022-jp", "1b 24 50", "\ufffd$P"],
  ["iso-2022-jp", "1b 5c", "\ufffd\\"],
  ["iso-2022-jp", "1b 28 42", ""],
  ["iso-2022-jp", "1b 28 42 1b 28 42 50", "\ufffdP"],
  ["iso-2022-jp", "1b 28 42 50 1b 28 42 50", "PP"],
  ["iso-2022-jp", "1b 28 4a 1b 24 42 24 22", "\ufffdあ"],
  ["iso-2022-jp", "1b 24 42 24", "\ufffd"],
  ["iso-2022-jp", "1b 24 42 24 1b 28 42 41", "\ufffdA"],
  ["iso-2022-jp", "1b 24 42 24 80 24 22", "\ufffdあ"],
  ["iso-2022-jp", "1b 24 42 80 24 22", "\ufffdあ"],
  ["iso-2022-jp", "1b 24 42 1b 50 41", "\ufffd仭"],
];

const bytesOf = (hex) => Uint8Array.from(hex.split(" "), (byte) => Number.parseInt(byte, 16));

for (const [label, hex, text] of DECODED) {
  test(() => {
    const bytes = bytesOf(hex);
    assert_equals(new TextDecoder(label).decode(bytes), text);
    for (let cut = 0; cut <= bytes.length; cut++) {
      const decoder = new TextDecoder(label);
      const first = decoder.decode(bytes.subarray(0, cut), { stream: true });
      assert_equals(first + decoder.decode(bytes.subarray(cut)), text, `cut at ${cut}`);
    }
    const fatal = new TextDecoder(label, { fatal: true });
    if (text.includes("\ufffd")) assert_throws_js(TypeError, () => fatal.decode(bytes));
    else assert_equals(fatal.decode(bytes), text);
    assert_equals(fatal.decode(bytesOf("41 42")), "AB");
  }, `decodes ${hex} of ${label}`);
}

test(() => {
  for (const label of ["gbk", "gb18030", "big5", "euc-jp", "shift_jis", "euc-kr"]) {
    for (let byte = 0; byte < 128; byte++)
      assert_equals(new TextDecoder(label).decode(new Uint8Array([byte])), String.fromCharCode(byte), label);
  }
}, "ASCII is itself, in all but iso-2022-jp");

test(() => {
  assert_equals(new TextDecoder("gb18030").decode(bytesOf("84 31 95 33 41")), "\ufeffA");
}, "a byte order mark is a character like others");

test(() => {
  const decoder = new TextDecoder("shift_jis", { fatal: true });
  assert_equals(decoder.decode(bytesOf("82"), { stream: true }), "");
  assert_throws_js(TypeError, () => decoder.decode());
  assert_equals(decoder.decode(bytesOf("82 a0")), "あ");
}, "a stream that ends within a character is malformed, and the next begins anew");

promise_test(async () => {
  const stream = new Blob([bytesOf("82"), bytesOf("a0 81"), bytesOf("41")]).stream();
  let text = "";
  for await (const chunk of stream.pipeThrough(new TextDecoderStream("shift_jis"))) text += chunk;
  assert_equals(text, "あ、");
}, "a stream of pieces is decoded");

test(() => {
  const text = new TextDecoder("euc-kr").decode(
    Uint8Array.from({ length: 400_000 }, (_, index) => 0xb0 - (index % 2) * 15),
  );
  assert_equals(text, "가".repeat(200_000));
}, "long texts of two bytes a character");
