import { ASKED, type Behaviour, client, runner } from "../varnishTest.ts";

/** Two requests of which only the first reaches the runner. */
function kept(name: string, path: string, head: string, expects = ""): Behaviour {
  return {
    name,
    script:
      runner(`rxreq\nexpect req.url == "${path}"\ntxresp ${head} -body "made once"`) +
      client(`txreq -url "${path}"
rxresp
expect resp.http.x-cache == "MISS"
txreq -url "${path}"
rxresp
expect resp.http.x-cache == "HIT"
expect resp.body == "made once"
expect resp.http.age >= 0
${expects}`) +
      ASKED,
  };
}

/** Two requests, and both reach the runner. */
function notKept(name: string, path: string, head: string): Behaviour {
  return {
    name,
    script:
      runner(`rxreq\ntxresp ${head} -body "first"\nrxreq\ntxresp ${head} -body "second"`) +
      client(`txreq -url "${path}"
rxresp
expect resp.body == "first"
txreq -url "${path}"
rxresp
expect resp.body == "second"
expect resp.http.x-cache == "MISS"`) +
      ASKED,
  };
}

const control = (value: string) => `-hdr "cache-control: ${value}"`;

export const KEPT: readonly Behaviour[] = [
  kept("keeps an answer for its max-age, and says HIT and its age", "/max-age", control("max-age=60")),
  kept("takes s-maxage before max-age", "/s-maxage", control("max-age=0, s-maxage=60")),
  kept(
    "takes cdn-cache-control before cache-control, which goes on to the client",
    "/cdn",
    `${control("no-store")} -hdr "cdn-cache-control: max-age=60"`,
    'expect resp.http.cache-control == "no-store"',
  ),
  kept(
    "takes surrogate-control before cache-control, and shows it to nobody",
    "/surrogate",
    `${control("no-store")} -hdr "surrogate-control: max-age=60"`,
    "expect resp.http.surrogate-control == <undef>",
  ),
  kept("takes the first of two values", "/twice", control("max-age=60, max-age=0")),
  kept("keeps an answer until it expires", "/expires", '-hdr "expires: Wed, 01 Jan 2200 00:00:00 GMT"'),
  kept(
    "keeps a 404 that says so",
    "/404",
    `-status 404 -reason "Not Found" ${control("max-age=60")}`,
    "expect resp.status == 404",
  ),
  kept("keeps a status that Varnish itself would not", "/405", `-status 405 ${control("max-age=60")}`),
  kept("keeps a redirect that says so", "/302", `-status 302 -hdr "location: /x" ${control("max-age=60")}`),
  kept(
    "keeps an answer without its cookie where it says that the rest is for everybody",
    "/no-cache-cookie",
    `-hdr {cache-control: max-age=60, no-cache="set-cookie"} -hdr "set-cookie: a=1"`,
    "expect resp.http.set-cookie == <undef>",
  ),
  notKept("keeps nothing that says nothing", "/silent", ""),
  notKept("keeps no no-store", "/no-store", control("no-store, max-age=60")),
  notKept("keeps no private", "/private", control("private, max-age=60")),
  notKept("keeps no no-cache", "/no-cache", control("public, no-cache, max-age=60")),
  notKept(
    "keeps nothing that cdn-cache-control forbids",
    "/cdn-no",
    `${control("max-age=60")} -hdr "cdn-cache-control: no-store"`,
  ),
  notKept(
    "keeps no answer that sets a cookie",
    "/set-cookie",
    `${control("public, max-age=60")} -hdr "set-cookie: a=1"`,
  ),
  notKept("keeps nothing that is older than it may be", "/aged", `${control("max-age=60")} -hdr "age: 61"`),
  notKept("keeps nothing whose age nobody can read", "/ageless", `${control("max-age=60")} -hdr "age: new"`),
  notKept("reads every line of cache-control", "/two-lines", `${control("max-age=60")} ${control("no-store")}`),
  notKept("keeps no 500, whatever it says", "/500", `-status 500 ${control("public, max-age=60")}`),
  notKept("keeps no redirect that says nothing", "/302-silent", '-status 302 -hdr "location: /x"'),
  {
    name: "keeps nothing larger than an eighth of the cache",
    script:
      runner(`loop 2 {
rxreq
txresp ${control("max-age=60")} -bodylen 1100000
}`) +
      client(`loop 2 {
txreq -url "/large"
rxresp
expect resp.bodylen == 1100000
expect resp.http.x-cache == "MISS"
}`) +
      ASKED,
  },
  {
    name: "keeps nothing longer than a day, and an error no longer than ten minutes; what was made together expires apart",
    script:
      runner(`rxreq
txresp ${control("max-age=31536000")}
rxreq
txresp -status 404 ${control("max-age=31536000")}`) +
      `logexpect l1 -v v1 -g raw {
  expect * * TTL {^VCL 8[2-6][0-9]{3} .* cacheable}
  expect * * TTL {^VCL (5[789][0-9]|600) .* cacheable}
} -start
` +
      client('txreq -url "/year"\nrxresp\ntxreq -url "/error-for-a-year"\nrxresp') +
      `logexpect l1 -wait\n${ASKED}`,
  },
  {
    name: "answers HEAD from what it keeps of GET",
    script:
      runner(`rxreq\nexpect req.method == "GET"\ntxresp ${control("max-age=60")} -body "whole"`) +
      client(`txreq -method HEAD -url "/head"
rxresp -no_obj
expect resp.http.content-length == 5
txreq -url "/head"
rxresp
expect resp.http.x-cache == "HIT"
expect resp.body == "whole"`) +
      ASKED,
  },
  {
    name: "passes POST, body and answer, and keeps nothing of it",
    script:
      runner(`loop 2 {
rxreq
expect req.method == "POST"
expect req.body == "sent"
txresp ${control("public, max-age=60")}
}`) +
      client(`loop 2 {
txreq -method POST -url "/post" -body "sent"
rxresp
expect resp.http.x-cache == "PASS"
}`) +
      ASKED,
  },
];
