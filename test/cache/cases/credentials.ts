import { ASKED, type Behaviour, client, runner } from "../varnishTest.ts";

export const CREDENTIALS: readonly Behaviour[] = [
  {
    name: "asks the function for a client with a cookie where a kept answer does not say that it is for everybody",
    script:
      runner(`rxreq
txresp -hdr "cache-control: max-age=60" -body "for nobody in particular"
rxreq
expect req.http.cookie == "user=1"
txresp -hdr "cache-control: max-age=60" -body "for user 1"`) +
      client(`txreq -url "/cookie"
rxresp
txreq -url "/cookie" -hdr "cookie: user=1"
rxresp
expect resp.http.x-cache == "PASS"
expect resp.body == "for user 1"
txreq -url "/cookie"
rxresp
expect resp.http.x-cache == "HIT"
expect resp.body == "for nobody in particular"`) +
      ASKED,
  },
  {
    name: "keeps nothing that was made for a cookie, unless it says that it is for everybody",
    script:
      runner(`rxreq
txresp -hdr "cache-control: max-age=60" -body "for user 1"
rxreq
txresp -hdr "cache-control: max-age=60" -body "for user 2"`) +
      client(`txreq -url "/cookie-first" -hdr "cookie: user=1"
rxresp
txreq -url "/cookie-first" -hdr "cookie: user=2"
rxresp
expect resp.body == "for user 2"`) +
      ASKED,
  },
  {
    name: "answers clients with cookies from what is public",
    script:
      runner(`rxreq
expect req.http.cookie == "user=1"
txresp -hdr "cache-control: public, max-age=60" -body "for all"`) +
      client(`txreq -url "/public" -hdr "cookie: user=1"
rxresp
txreq -url "/public" -hdr "cookie: user=2"
rxresp
expect resp.http.x-cache == "HIT"
expect resp.body == "for all"`) +
      ASKED,
  },
  {
    name: "keeps cookies off static paths, both ways",
    script:
      runner(`rxreq
expect req.url == "/assets/app.js?v=1"
expect req.http.cookie == <undef>
txresp -hdr "cache-control: max-age=60" -hdr "set-cookie: seen=1" -body "for all"
rxreq
expect req.http.cookie == <undef>
txresp -hdr "cache-control: max-age=60"`) +
      client(`txreq -url "/assets/app.js?v=1" -hdr "cookie: user=1"
rxresp
expect resp.http.set-cookie == <undef>
txreq -url "/assets/app.js?v=1" -hdr "cookie: user=2"
rxresp
expect resp.http.x-cache == "HIT"
txreq -url "/favicon.ico?x" -hdr "cookie: user=1"
rxresp`) +
      ASKED,
  },
  {
    name: "leaves cookies where a path only looks static, and to what is sent there",
    script:
      runner(`loop 4 {
rxreq
expect req.http.cookie == "user=1"
txresp
}`) +
      client(`txreq -url "/favicon.icon" -hdr "cookie: user=1"
rxresp
txreq -url "/faviconXico" -hdr "cookie: user=1"
rxresp
txreq -url "/x/assets/app.js" -hdr "cookie: user=1"
rxresp
txreq -method POST -url "/assets/upload" -hdr "cookie: user=1" -body "x"
rxresp`) +
      ASKED,
  },
  {
    name: "keeps no answer to an authorised request",
    script:
      runner(`loop 2 {
rxreq
expect req.http.authorization == "Bearer x"
txresp -hdr "cache-control: max-age=60"
}`) +
      client(`loop 2 {
txreq -url "/authorised" -hdr "authorization: Bearer x"
rxresp
expect resp.http.x-cache == "MISS"
}`) +
      ASKED,
  },
  {
    name: "keeps an answer to an authorised request that has s-maxage",
    script:
      runner(`rxreq\ntxresp -hdr "cache-control: s-maxage=60" -body "for all"`) +
      client(`txreq -url "/authorised-shared" -hdr "authorization: Bearer x"
rxresp
txreq -url "/authorised-shared"
rxresp
expect resp.http.x-cache == "HIT"`) +
      ASKED,
  },
];
