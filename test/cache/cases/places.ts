import { ASKED, ASKED_OUT, type Behaviour, client, expire, runner, wayOut } from "../varnishTest.ts";

const FRESH = '-hdr "cache-control: max-age=60"';
const SITE = '-hdr "host: www.example.com:8443"';
const sick = (backend: string) => `varnish v1 -cliok "backend.set_health ${backend} sick"\n`;
const well = (backend: string) => `varnish v1 -cliok "backend.set_health ${backend} healthy"\n`;

export const PLACES: readonly Behaviour[] = [
  {
    name: "asks the node's own runner for functions",
    script: runner("rxreq\ntxresp") + client('txreq -url "/own"\nrxresp\nexpect resp.status == 200') + ASKED,
  },
  {
    name: "asks the farm while its own runner is sick, for POST too",
    script:
      sick("runner") +
      wayOut(`rxreq
expect req.http.x-edge-out == "farm"
txresp -body "another node"
rxreq
expect req.method == "POST"
txresp`) +
      client(`txreq -url "/farm"
rxresp
expect resp.body == "another node"
txreq -method POST -url "/farm" -body "x"
rxresp
expect resp.status == 200`) +
      ASKED_OUT +
      well("runner"),
  },
  {
    name: "asks the farm when its own runner hangs up on a GET, and never so on a POST",
    script:
      runner("rxreq\naccept\nrxreq") +
      wayOut('rxreq\nexpect req.http.x-edge-out == "farm"\ntxresp -body "another node"') +
      client(`txreq -url "/hangs-up"
rxresp
expect resp.body == "another node"
txreq -method POST -url "/hangs-up" -body "x"
rxresp
expect resp.status == 503`) +
      ASKED +
      ASKED_OUT,
  },
  {
    name: "says that nobody answers when the farm does not either",
    script:
      sick("runner") +
      sick("farm") +
      client(
        'txreq -url "/nobody"\nrxresp\nexpect resp.status == 503\nexpect resp.http.x-edge-error == "ERR_RUNNER_UNAVAILABLE"',
      ) +
      well("runner") +
      well("farm"),
  },
  {
    name: "asks the shield for pages of an origin's host, and waits for the new one where the shield would give the old one",
    script:
      wayOut(`rxreq
expect req.url == "/page"
expect req.http.x-edge-out == "shield-us-east-1"
txresp -hdr "cache-control: max-age=60, stale-while-revalidate=60" -hdr "age: 10" -body "old"
rxreq
expect req.http.x-edge-out == "shield-us-east-1"
txresp -body "new"`) +
      client(`txreq -url "/page" ${SITE}
rxresp
expect resp.http.age >= 10
txreq -url "/page" ${SITE}
rxresp
expect resp.http.x-cache == "HIT"`) +
      expire("/page", SITE) +
      client(`txreq -url "/page" ${SITE}\nrxresp\nexpect resp.body == "new"`) +
      ASKED_OUT,
  },
  {
    name: "remembers for a moment only that the shield gave what had expired",
    script:
      wayOut(`rxreq
txresp -hdr "cache-control: max-age=60" -hdr "age: 70" -hdr "x-cache: STALE" -body "old"
rxreq
txresp -hdr "cache-control: max-age=60" -body "new"`) +
      client(`txreq -url "/shield-stale" ${SITE}
rxresp
expect resp.body == "old"
expect resp.http.x-cache == "MISS"`) +
      "delay 1.1\n" +
      client(`txreq -url "/shield-stale" ${SITE}
rxresp
txreq -url "/shield-stale" ${SITE}
rxresp
expect resp.http.x-cache == "HIT"`) +
      ASKED_OUT,
  },
  {
    name: "asks the origin itself where it is the shield, and tells the other cache of tags",
    script:
      wayOut(`rxreq
expect req.http.x-edge-out == "origin-my-site"
txresp ${FRESH} -hdr "cache-tag: a"`) +
      client(`txreq -url "/for-another" ${SITE} -hdr "x-edge-hops: 1"
rxresp
expect resp.http.cache-tag == "a"`) +
      ASKED_OUT,
  },
  {
    name: "asks the origin itself while the shield is sick",
    script:
      sick("shield_us_east_1") +
      wayOut('rxreq\nexpect req.http.x-edge-out == "origin-my-site"\ntxresp') +
      client('txreq -url "/without-shield" -hdr "host: example.com"\nrxresp\nexpect resp.status == 200') +
      ASKED_OUT +
      well("shield_us_east_1"),
  },
];
