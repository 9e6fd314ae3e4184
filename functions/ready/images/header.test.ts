import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import fc from "fast-check";
import { imageHeader } from "./header.ts";

const bytes = (hex: string) => new Uint8Array(Buffer.from(hex.replaceAll(" ", ""), "hex"));
const ascii = (text: string) => Buffer.from(text, "latin1").toString("hex");

const PNG = `89504e470d0a1a0a 0000000d ${ascii("IHDR")} 00000280 000001e0 08060000`;
const JPEG = "ffd8 ffe0 0004 0000 ff ffdb 0003 00 ffc4 0004 0000 ffc2 0011 08 01e0 0280 03";

for (const [what, hex, format] of [
  ["PNG", PNG, "png"],
  ["JPEG, progressive, with filling and a table before the frame", JPEG, "jpeg"],
  ["lossy WebP", `${ascii("RIFF")} 00000000 ${ascii("WEBPVP8 ")} 00000000 000000 9d012a 8002 e041`, "webp"],
  ["lossless WebP", `${ascii("RIFF")} 00000000 ${ascii("WEBPVP8L")} 00000000 2f 7fc27700`, "webp"],
  ["extended WebP", `${ascii("RIFF")} 00000000 ${ascii("WEBPVP8X")} 0000000a 00000000 7f0200 df0100`, "webp"],
] as const) {
  test(`reads the size of a ${what}`, () =>
    assert.deepEqual(imageHeader(bytes(hex)), { format, width: 640, height: 480 }));
}

for (const [what, hex] of [
  ["nothing", ""],
  ["text", ascii("<svg xmlns='http://www.w3.org/2000/svg'/>")],
  ["a GIF", ascii("GIF89a")],
  ["a PNG that ends within its header", PNG.slice(0, 40)],
  ["a PNG without its first chunk", PNG.replace(ascii("IHDR"), ascii("IDAT"))],
  ["a PNG without width", PNG.replace("00000280", "00000000")],
  ["a JPEG without a frame", "ffd8 ffd9 0002 ffd9 0002"],
  ["a JPEG of markers alone", `ffd8 ${"ffe0 0002".repeat(1_000)}`],
  ["a RIFF of another kind", `${ascii("RIFF")} 00000000 ${ascii("WAVEfmt ")} 00000000`],
] as const) {
  test(`${what} is no image`, () => assert.equal(imageHeader(bytes(hex)), undefined));
}

test("any bytes are looked at without an error", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(PNG, JPEG, ascii("RIFF0000WEBPVP8")),
      fc.uint8Array({ maxLength: 64 }),
      (start, rest) => {
        const header = imageHeader(new Uint8Array([...bytes(start).subarray(0, rest.length), ...rest]));
        if (header !== undefined) assert.ok(header.width > 0 && header.height > 0);
      },
    ),
  );
});
