import { ASKED, type Behaviour, client, runner } from "../varnishTest.ts";

const FRESH = '-hdr "cache-control: max-age=60"';

/** The second request is answered with what the first one, with `asked` at the runner, has brought. */
function same(name: string, first: string, asked: string, second: string, head = ""): Behaviour {
  return {
    name,
    script:
      runner(`rxreq\n${asked}\ntxresp ${FRESH} ${head}`) +
      client(`txreq ${first}\nrxresp\ntxreq ${second}\nrxresp\nexpect resp.http.x-cache == "HIT"`) +
      ASKED,
  };
}

/** Both requests reach the runner. */
function different(name: string, first: string, second: string, head: string): Behaviour {
  return {
    name,
    script:
      runner(`loop 2 {\nrxreq\ntxresp ${FRESH} ${head}\n}`) +
      client(`txreq ${first}\nrxresp\ntxreq ${second}\nrxresp\nexpect resp.http.x-cache == "MISS"`) +
      ASKED,
  };
}

const accepts = (value: string) => `-hdr "accept-language: ${value}"`;

export const NORMALISING: readonly Behaviour[] = [
  same(
    "takes parameters in any order for the same page; the function sees the client's order",
    '-url "/sorted?b=2&a=1&b=1"',
    'expect req.url == "/sorted?b=2&a=1&b=1"',
    '-url "/sorted?a=1&b=1&b=2"',
  ),
  same(
    "takes campaign parameters out, for the function too",
    '-url "/campaign?utm_source=mail&id=7&fbclid=abc&x=1&gclid="',
    'expect req.url == "/campaign?id=7&x=1"',
    '-url "/campaign?id=7&x=1&utm_medium=web"',
  ),
  same(
    "leaves no question mark where only campaign parameters were",
    '-url "/landing?utm_source=mail"',
    'expect req.url == "/landing"',
    '-url "/landing"',
  ),
  same(
    "leaves parameters alone that only look like campaigns",
    '-url "/alike?autm_source=1&q=utm_source=2&utm_source=3"',
    'expect req.url == "/alike?autm_source=1&q=utm_source=2"',
    '-url "/alike?autm_source=1&q=utm_source=2"',
  ),
  {
    name: "gives the campaign to where a redirect within the site leads, and to no other site",
    script:
      runner(`rxreq
expect req.url == "/old?id=7"
txresp -status 302 -hdr "location: /new?id=7#top"
rxreq
txresp -status 301 -hdr "location: https://shop.test/x"
rxreq
txresp -status 302 -hdr "location: https://other.test/"`) +
      client(`txreq -url "/old?utm_source=mail&id=7&gclid=z" -hdr "host: shop.test"
rxresp
expect resp.http.location == "/new?id=7&utm_source=mail&gclid=z#top"
txreq -url "/old-2?utm_source=mail" -hdr "host: shop.test"
rxresp
expect resp.http.location == "https://shop.test/x?utm_source=mail"
txreq -url "/old-3?utm_source=mail" -hdr "host: shop.test"
rxresp
expect resp.http.location == "https://other.test/"`) +
      ASKED,
  },
  {
    name: "leaves the URL of a POST as it is",
    script:
      runner('rxreq\nexpect req.url == "/post?utm_source=mail"\ntxresp') +
      client('txreq -method POST -url "/post?utm_source=mail" -body "x"\nrxresp') +
      ASKED,
  },
  same(
    "takes a host in any case for the same",
    '-url "/host" -hdr "Host: Shop.Test"',
    'expect req.http.host == "shop.test"',
    '-url "/host" -hdr "Host: shop.test"',
  ),
  different("keeps hosts apart", '-url "/hosts" -hdr "Host: a.test"', '-url "/hosts" -hdr "Host: b.test"', ""),
  same(
    "takes a list of languages in any spelling for the same",
    `-url "/language" ${accepts("de-DE, en;q=0.5")}`,
    'expect req.http.accept-language == "de-de,en;q=0.5"',
    `-url "/language" ${accepts("DE-de,EN; q=0.5")}`,
    '-hdr "vary: Accept-Language"',
  ),
  different(
    "keeps what varies apart",
    `-url "/languages" ${accepts("de")}`,
    `-url "/languages" ${accepts("en")}`,
    '-hdr "vary: Accept-Language"',
  ),
  ...["*", "Cookie", "Accept, User-Agent"].map((vary, index) =>
    different(
      `keeps nothing that varies by ${vary}`,
      `-url "/v-${index}"`,
      `-url "/v-${index}"`,
      `-hdr "vary: ${vary}"`,
    ),
  ),
  {
    name: "tells the client what an answer varies by, also when it is not kept",
    script:
      runner('rxreq\ntxresp -hdr "vary: Cookie"') +
      client('txreq -url "/vary-told"\nrxresp\nexpect resp.http.vary == "Cookie"') +
      ASKED,
  },
  same(
    "takes no notice of who accepts which compression",
    '-url "/encodings" -hdr "accept-encoding: gzip, deflate"',
    'expect req.http.accept-encoding == "gzip"',
    '-url "/encodings"',
    '-hdr "vary: Accept-Encoding" -body "x"',
  ),
];
