import { ASKED, type Behaviour, client, runner } from "../varnishTest.ts";

const FRESH = '-hdr "cache-control: max-age=60"';

export const BODIES: readonly Behaviour[] = [
  {
    name: "keeps a text as gzip, and gives it plainly to who does not take that",
    script:
      runner(`rxreq\ntxresp ${FRESH} -hdr "content-type: text/html" -bodylen 2000`) +
      client(`txreq -url "/text" -hdr "accept-encoding: gzip"
rxresp
expect resp.http.content-encoding == "gzip"
expect resp.http.vary == "Accept-Encoding"
gunzip
expect resp.bodylen == 2000
txreq -url "/text"
rxresp
expect resp.http.x-cache == "HIT"
expect resp.http.content-encoding == <undef>
expect resp.bodylen == 2000`) +
      ASKED,
  },
  ...[
    ["a short text", '-hdr "content-type: text/html" -bodylen 500'],
    ["an image", '-hdr "content-type: image/png" -bodylen 2000'],
    [
      "what is not to be transformed",
      '-hdr "cache-control: no-transform" -hdr "content-type: text/html" -bodylen 2000',
    ],
    ["what is kept for nobody", '-hdr "cache-control: no-store" -hdr "content-type: text/html" -bodylen 2000'],
  ].map(
    ([what, head], index): Behaviour => ({
      name: `does not compress ${what}`,
      script:
        runner(`rxreq\ntxresp ${head?.includes("cache-control") ? "" : FRESH} ${head}`) +
        client(`txreq -url "/plain-${index}" -hdr "accept-encoding: gzip"
rxresp
expect resp.http.content-encoding == <undef>`) +
        ASKED,
    }),
  ),
  {
    name: "keeps a function's brotli for clients that take it, and asks again for others",
    script:
      runner(`rxreq
expect req.http.accept-encoding == "br, gzip"
txresp ${FRESH} -hdr "content-encoding: br" -hdr "vary: Accept-Encoding" -body "brotli"
rxreq
expect req.http.accept-encoding == "gzip"
txresp ${FRESH} -hdr "vary: Accept-Encoding" -body "plain"`) +
      client(`txreq -url "/brotli" -hdr "accept-encoding: gzip, deflate, br, zstd"
rxresp
expect resp.http.content-encoding == "br"
expect resp.http.vary == "Accept-Encoding"
txreq -url "/brotli" -hdr "accept-encoding: gzip;q=0.5, br;q=1.0"
rxresp
expect resp.http.x-cache == "HIT"
txreq -url "/brotli" -hdr "accept-encoding: gzip, br;q=0"
rxresp
expect resp.http.x-cache == "MISS"
expect resp.body == "plain"`) +
      ASKED,
  },
  {
    name: "keeps no compression that it could give to clients who do not take it",
    script:
      runner(`loop 2 {\nrxreq\ntxresp ${FRESH} -hdr "content-encoding: zstd" -hdr "vary: accept-encoding"\n}`) +
      client('loop 2 {\ntxreq -url "/zstd"\nrxresp\nexpect resp.http.x-cache == "MISS"\n}') +
      ASKED,
  },
  {
    name: "gives parts of what it keeps, and says when there is no such part",
    script:
      runner(`rxreq\nexpect req.http.range == <undef>\ntxresp ${FRESH} -body "0123456789"`) +
      client(`txreq -url "/range" -hdr "range: bytes=2-4"
rxresp
expect resp.status == 206
expect resp.http.content-range == "bytes 2-4/10"
expect resp.body == "234"
txreq -url "/range" -hdr "range: bytes=-3"
rxresp
expect resp.body == "789"
txreq -url "/range" -hdr "range: bytes=10-"
rxresp
expect resp.status == 416`) +
      ASKED,
  },
  {
    name: "lets the function give a part of what is not kept",
    script:
      runner(`rxreq
txresp -bodylen 10
rxreq
expect req.http.range == "bytes=2-4"
txresp -status 206 -hdr "content-range: bytes 2-4/10" -body "234"`) +
      client(`txreq -url "/range-no-store"
rxresp
txreq -url "/range-no-store" -hdr "range: bytes=2-4"
rxresp
expect resp.status == 206
expect resp.body == "234"`) +
      ASKED,
  },
  {
    name: "answers 304 to who has what it keeps",
    script:
      runner(`rxreq\nexpect req.http.if-none-match == <undef>\ntxresp ${FRESH} -hdr {etag: "a"} -body "x"`) +
      client(`txreq -url "/etag" -hdr {if-none-match: "a"}
rxresp
expect resp.status == 304
txreq -url "/etag" -hdr {if-none-match: "b"}
rxresp
expect resp.status == 200
expect resp.http.x-cache == "HIT"`) +
      ASKED,
  },
  {
    name: "lets the function say that what is not kept has not changed",
    script:
      runner(`rxreq
txresp -hdr "cache-control: max-age=0, must-revalidate" -hdr {etag: "a"}
rxreq
expect req.http.if-none-match == {"a"}
txresp -status 304 -hdr {etag: "a"}`) +
      client(`txreq -url "/etag-no-store"
rxresp
txreq -url "/etag-no-store" -hdr {if-none-match: "a"}
rxresp
expect resp.status == 304`) +
      ASKED,
  },
  {
    name: "gives the beginning of a body before its end has come",
    script: `barrier b1 cond 2
${runner(`rxreq
txresp -nolen -hdr "transfer-encoding: chunked"
chunked "begun"
barrier b1 sync
chunked "ended"
chunkedlen 0`)}
${client(`txreq -url "/streamed"
rxresphdrs
rxchunk
barrier b1 sync
rxchunk
rxchunk
expect resp.http.x-cache == "MISS"`)}
${ASKED}`,
  },
];
