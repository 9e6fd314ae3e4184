idl_test(`
[Exposed=*]
interface TextDecoder {
  constructor(optional DOMString label = "utf-8", optional TextDecoderOptions options = {});

  readonly attribute DOMString encoding;
  readonly attribute boolean fatal;
  readonly attribute boolean ignoreBOM;

  USVString decode(optional AllowSharedBufferSource input, optional TextDecodeOptions options = {});
};`);

const LABELS = {
  "utf-8": "unicode-1-1-utf-8 unicode11utf8 unicode20utf8 utf-8 utf8 x-unicode20utf8",
  ibm866: "866 cp866 csibm866 ibm866",
  "iso-8859-2": "csisolatin2 iso-8859-2 iso-ir-101 iso8859-2 iso88592 iso_8859-2 iso_8859-2:1987 l2 latin2",
  "iso-8859-8":
    "csiso88598e csisolatinhebrew hebrew iso-8859-8 iso-8859-8-e iso-ir-138 iso8859-8 iso88598 iso_8859-8 iso_8859-8:1988 visual",
  "iso-8859-8-i": "csiso88598i iso-8859-8-i logical",
  "iso-8859-15": "csisolatin9 iso-8859-15 iso8859-15 iso885915 iso_8859-15 l9",
  "koi8-r": "cskoi8r koi koi8 koi8-r koi8_r",
  "koi8-u": "koi8-ru koi8-u",
  macintosh: "csmacintosh mac macintosh x-mac-roman",
  "windows-874": "dos-874 iso-8859-11 iso8859-11 iso885911 tis-620 windows-874",
  "windows-1251": "cp1251 windows-1251 x-cp1251",
  "windows-1252":
    "ansi_x3.4-1968 ascii cp1252 cp819 csisolatin1 ibm819 iso-8859-1 iso-ir-100 iso8859-1 iso88591 iso_8859-1 iso_8859-1:1987 l1 latin1 us-ascii windows-1252 x-cp1252",
  "x-mac-cyrillic": "x-mac-cyrillic x-mac-ukrainian",
  gbk: "chinese csgb2312 csiso58gb231280 gb2312 gb_2312 gb_2312-80 gbk iso-ir-58 x-gbk",
  gb18030: "gb18030",
  big5: "big5 big5-hkscs cn-big5 csbig5 x-x-big5",
  "euc-jp": "cseucpkdfmtjapanese euc-jp x-euc-jp",
  "iso-2022-jp": "csiso2022jp iso-2022-jp",
  shift_jis: "csshiftjis ms932 ms_kanji shift-jis shift_jis sjis windows-31j x-sjis",
  "euc-kr": "cseuckr csksc56011987 euc-kr iso-ir-149 korean ks_c_5601-1987 ks_c_5601-1989 ksc5601 ksc_5601 windows-949",
  "utf-16be": "unicodefffe utf-16be",
  "utf-16le": "csunicode iso-10646-ucs-2 ucs-2 unicode unicodefeff utf-16 utf-16le",
  "x-user-defined": "x-user-defined",
};
for (const [name, labels] of Object.entries(LABELS)) {
  test(() => {
    for (const label of labels.split(" ")) {
      for (const written of [label, label.toUpperCase(), `\t\n\f\r ${label} `])
        assert_equals(new TextDecoder(written).encoding, name, label);
    }
  }, `labels of ${name}`);
}

test(() => {
  for (const label of [
    "",
    "utf",
    "utf-8\0",
    "\u00a0utf-8",
    "\vutf-8",
    "utf-32",
    "x-x",
    "iso-2022-kr",
    "hz-gb-2312",
    "replacement",
    "ſhift_jis",
    null,
  ])
    assert_throws_js(RangeError, () => new TextDecoder(label));
  assert_equals(new TextDecoder(undefined).encoding, "utf-8");
}, "labels that are none");

const UTF8 = [
  [[], ""],
  [[0x61, 0xc3, 0xa9, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0x80], "aé€😀"],
  [[0xff], "\ufffd"],
  [[0xc0, 0x80], "\ufffd\ufffd"],
  [[0xe0, 0x80, 0x80], "\ufffd\ufffd\ufffd"],
  [[0xed, 0xa0, 0x80], "\ufffd\ufffd\ufffd"],
  [[0xf4, 0x90, 0x80, 0x80], "\ufffd\ufffd\ufffd\ufffd"],
  [[0xe2, 0x82], "\ufffd"],
  [[0xe2, 0x82, 0x41], "\ufffdA"],
  [[0xf0, 0x9f, 0x41], "\ufffdA"],
  [[0x80, 0x41], "\ufffdA"],
  [[0xef, 0xbb, 0xbf, 0x41], "A"],
  [[0xef, 0xbb, 0xbf, 0xef, 0xbb, 0xbf, 0x41], "\ufeffA"],
];
for (const [bytes, text] of UTF8) {
  test(
    () => {
      const input = new Uint8Array(bytes);
      assert_equals(new TextDecoder().decode(input), text);
      const decoder = new TextDecoder();
      let parts = "";
      for (const byte of bytes) parts += decoder.decode(new Uint8Array([byte]), { stream: true });
      assert_equals(parts + decoder.decode(), text, "byte by byte");
      if (text.includes("\ufffd"))
        assert_throws_js(TypeError, () => new TextDecoder("utf-8", { fatal: true }).decode(input));
      else assert_equals(new TextDecoder("utf-8", { fatal: true }).decode(input), text);
    },
    `decodes UTF-8 ${bytes.map((byte) => byte.toString(16)).join(" ")}`,
  );
}

const UTF16 = [
  [[0x61, 0x00], "a"],
  [[0x3d, 0xd8, 0x00, 0xde], "😀"],
  [[0x61], "\ufffd"],
  [[0x3d, 0xd8], "\ufffd"],
  [[0x3d, 0xd8, 0x61], "\ufffd"],
  [[0x00, 0xde, 0x61, 0x00], "\ufffda"],
  [[0x3d, 0xd8, 0x61, 0x00], "\ufffda"],
  [[0x3d, 0xd8, 0x3d, 0xd8, 0x00, 0xde], "\ufffd😀"],
  [[0xff, 0xfe, 0x61, 0x00], "a"],
];
for (const [bytes, text] of UTF16) {
  test(
    () => {
      assert_equals(new TextDecoder("utf-16").decode(new Uint8Array(bytes)), text);
      const decoder = new TextDecoder("utf-16le");
      let parts = "";
      for (const byte of bytes) parts += decoder.decode(new Uint8Array([byte]), { stream: true });
      assert_equals(parts + decoder.decode(), text, "byte by byte");
      const fatal = new TextDecoder("utf-16le", { fatal: true });
      if (text.includes("\ufffd")) assert_throws_js(TypeError, () => fatal.decode(new Uint8Array(bytes)));
      if (bytes.length % 2 === 1) return;
      const swapped = bytes.map((_, index) => bytes[index ^ 1]);
      assert_equals(new TextDecoder("utf-16be").decode(new Uint8Array(swapped)), text);
    },
    `decodes UTF-16 ${bytes.map((byte) => byte.toString(16)).join(" ")}`,
  );
}

const ONE_BYTE = [
  ["windows-1252", 0x80, "€"],
  ["windows-1252", 0x81, "\u0081"],
  ["latin1", 0x9f, "Ÿ"],
  ["windows-1251", 0xc0, "А"],
  ["windows-1251", 0x98, "\u0098"],
  ["koi8-r", 0xc1, "а"],
  ["koi8-u", 0xae, "ў"],
  ["iso-8859-2", 0xa1, "Ą"],
  ["iso-8859-7", 0xa4, "€"],
  ["iso-8859-8-i", 0xe0, "א"],
  ["iso-8859-15", 0xa4, "€"],
  ["ibm866", 0x80, "А"],
  ["macintosh", 0xdb, "€"],
  ["windows-874", 0xa1, "ก"],
  ["windows-1255", 0xca, "\u05ba"],
  ["x-mac-cyrillic", 0xff, "€"],
  ["x-user-defined", 0x80, "\uf780"],
  ["x-user-defined", 0xff, "\uf7ff"],
  ["iso-8859-6", 0xa1, "\ufffd"],
];
for (const [label, byte, text] of ONE_BYTE) {
  test(
    () => {
      assert_equals(new TextDecoder(label).decode(new Uint8Array([0x41, byte])), `A${text}`);
      const fatal = new TextDecoder(label, { fatal: true });
      if (text === "\ufffd") assert_throws_js(TypeError, () => fatal.decode(new Uint8Array([byte])));
      else assert_equals(fatal.decode(new Uint8Array([byte])), text);
    },
    `decodes 0x${byte.toString(16)} of ${label}`,
  );
}

test(() => {
  const bytes = new Uint8Array([0xef, 0xbb, 0xbf, 0x61]);
  assert_equals(new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes), "\ufeffa");
  const decoder = new TextDecoder();
  assert_equals(decoder.decode(bytes.subarray(0, 2), { stream: true }), "");
  assert_equals(decoder.decode(bytes.subarray(2), { stream: true }), "a");
  assert_equals(decoder.decode(bytes, { stream: true }), "\ufeffa");
  assert_equals(decoder.decode(), "");
  assert_equals(decoder.decode(bytes), "a");
  assert_equals(decoder.decode(bytes), "a");
}, "the byte order mark of each stream goes, unless it is kept");

test(() => {
  const bytes = new Uint8Array([0x78, 0x61, 0x62, 0x78]);
  for (const input of [
    bytes.buffer.slice(1, 3),
    bytes.subarray(1, 3),
    new DataView(bytes.buffer, 1, 2),
    new Int8Array(bytes.buffer, 1, 2),
  ])
    assert_equals(new TextDecoder().decode(input), "ab");
  assert_equals(new TextDecoder().decode(), "");
  assert_equals(new TextDecoder().decode(undefined), "");
  for (const wrong of [null, "x", [], {}, 5]) assert_throws_js(TypeError, () => new TextDecoder().decode(wrong));
}, "takes buffers and their views");

test(() => {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  assert_true(decoder.fatal);
  assert_false(decoder.ignoreBOM);
  assert_throws_js(TypeError, () => decoder.decode(new Uint8Array([0xe2]), { stream: false }));
  assert_equals(decoder.decode(new Uint8Array([0xe2, 0x82]), { stream: true }), "");
  assert_throws_js(TypeError, () => decoder.decode());
  assert_equals(decoder.decode(new Uint8Array([0x61])), "a");
}, "after an error it starts anew");

test(() => {
  const text = "plain ascii, then é, then more of it ".repeat(3_000);
  assert_equals(new TextDecoder().decode(new TextEncoder().encode(text)), text);
}, "long texts");
