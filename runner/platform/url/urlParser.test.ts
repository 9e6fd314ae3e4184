import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { domainToASCII } from "node:url";
import fc from "fast-check";
import { type Host, installHost } from "../host.ts";
import { parsePlain } from "./plainUrl.ts";
import { parseAny, parseUrl } from "./urlParser.ts";
import { serialise } from "./urlRecord.ts";

/** Pieces that URLs are made of, and that parsers stumble over. */
const PIECES = (
  "http:|https:|HTTP:|ws:|file:|data:|a:|blob:|//|/|\\|?|#|@|:|.|..|%2e|%2E.|%|%41|[|]|[::1]|[1:2::0.0.0.1]|[::1.2.3.256]|localhost|a.example|A.B|1|0x7f|256|xn--zca|xn--|ß.de|1.2.3.4|09|:80|:443|:0|:8080|:65536|" +
  "a|b c|C:|c||/D:/|é|\ud83d\ude00| |\t|\n|'|\"|<|>|^|`|{|}|~|;|=|&|+|$|!|,|_|-|--|user|pw"
).split("|");

const texts = fc.array(fc.constantFrom(...PIECES, "|"), { maxLength: 10 }).map((parts) => parts.join(""));
/** What the short way is for, and what lies just beside it. */
const plain = fc
  .tuple(
    fc.constantFrom("http://", "https://", "https://", "http:"),
    fc.stringMatching(/^[a-z0-9-]{0,3}(?:\.?[a-z-]{1,4}[0-9]?\.?){1,3}$/),
    fc.constantFrom("", "", "", ":80", ":443", ":8080", ":8080", ":08", ":", ":99999"),
    fc.stringMatching(/^(?:\/(?:\.|\.\.|%2e|[!-~]|[a-z~.%-]{0,6}|[a-z]{0,3}|[A-Z]{0,3})){0,3}$/),
    fc.stringMatching(/^(?:\?(?:[ -~]|[a-z=&%+-]{0,8}))?(?:#[ -~]{0,2})?$/),
  )
  .map((parts) => parts.join(""));

/** V8's own host, Node, has a parser of the standard as well. */
function nodeHref(text: string, base?: string): string | undefined {
  return URL.canParse(text, base) ? new URL(text, base).href : undefined;
}

function href(text: string, base?: string): string | undefined {
  const from = base === undefined ? undefined : parseUrl(base);
  if (base !== undefined && from === undefined) return undefined;
  const record = parseUrl(text, from);
  return record && serialise(record);
}

describe("the URL parser", () => {
  before(() => installHost({ domainToAscii: (_, domain) => domainToASCII(domain) } as Host));

  it("takes the short way only where the long one leads to the same", () => {
    let short = 0;
    fc.assert(
      fc.property(fc.oneof(plain, texts), (text) => {
        const record = parsePlain(text);
        if (record === undefined) return;
        short++;
        assert.deepEqual(record, parseAny(text));
      }),
      { numRuns: 20_000 },
    );
    assert.ok(short > 200, `only ${short}`);
  });

  it("takes the short way for the URLs of ordinary requests", () => {
    for (const text of [
      "https://a.example/",
      "http://localhost:8080/x/y?z=%20#h",
      "https://a-b.c.example",
      "https://a.b/x%2ey",
    ])
      assert.ok(parsePlain(text) !== undefined, text);
  });

  it("finds what another parser finds, alone and against a base", () => {
    fc.assert(
      fc.property(fc.oneof(texts, plain), fc.option(fc.oneof(texts, plain), { nil: undefined }), (text, base) => {
        assert.equal(href(text, base), nodeHref(text, base));
      }),
      { numRuns: 20_000 },
    );
  });
});
