import { ASKED, agent, type Behaviour, client, runner } from "../varnishTest.ts";

const kept = (...heads: readonly string[]) =>
  runner(heads.map((head) => `rxreq\ntxresp -hdr "cache-control: public, max-age=60" ${head}`).join("\n"));
const asks = (...urls: readonly string[]) => client(urls.map((url) => `txreq -url "${url}"\nrxresp`).join("\n"));
const expects = (url: string, outcome: string) =>
  `txreq -url "${url}"\nrxresp\nexpect resp.http.x-cache == "${outcome}"`;
const ban = (header = "") => agent(`txreq -method BAN -url "/" ${header}\nrxresp\nexpect resp.status == 200`);

export const PURGING: readonly Behaviour[] = [
  {
    name: "forgets a page with all its variants",
    script:
      kept('-hdr "vary: accept"', '-hdr "vary: accept"', "", "") +
      client(`txreq -url "/page?a=1&b=2" -hdr "accept: text/html"
rxresp
txreq -url "/page?a=1&b=2" -hdr "accept: image/png"
rxresp`) +
      agent(`txreq -method PURGE -url "/page?b=2&utm_source=x&a=1"
rxresp
expect resp.status == 200
expect resp.reason == "2"`) +
      client(`txreq -url "/page?a=1&b=2" -hdr "accept: text/html"
rxresp
expect resp.http.x-cache == "MISS"`) +
      client('txreq -url "/other"\nrxresp') +
      ASKED,
  },
  {
    name: "lets a page expire that is purged softly",
    script:
      kept('-hdr "cache-control: stale-while-revalidate=60" -body "old"', '-body "new"') +
      asks("/soft") +
      agent('txreq -method PURGE -url "/soft" -hdr "x-edge-soft: 1"\nrxresp\nexpect resp.reason == "1"') +
      client(`txreq -url "/soft"
rxresp
expect resp.body == "old"
expect resp.http.x-cache == "STALE"`) +
      ASKED,
  },
  {
    name: "says that there was nothing to forget",
    script: agent('txreq -method PURGE -url "/never"\nrxresp\nexpect resp.status == 200\nexpect resp.reason == "0"'),
  },
  {
    name: "forgets all that has a tag, and nothing whose tag is longer",
    script:
      kept('-hdr "cache-tag: news, sports"', '-hdr "cache-tag: newsletter"', '-hdr "cache-tag: a,news"', "", "") +
      asks("/tag-1", "/tag-2", "/tag-3") +
      ban('-hdr "x-edge-tag: news"') +
      client([expects("/tag-1", "MISS"), expects("/tag-2", "HIT"), expects("/tag-3", "MISS")].join("\n")) +
      ASKED,
  },
  {
    name: "forgets all of a host",
    script:
      kept("", "", "") +
      client(`txreq -url "/h" -hdr "host: a.test"
rxresp
txreq -url "/h" -hdr "host: b.test"
rxresp`) +
      ban('-hdr "x-edge-host: a.test"') +
      client(`txreq -url "/h" -hdr "host: a.test"
rxresp
expect resp.http.x-cache == "MISS"
txreq -url "/h" -hdr "host: b.test"
rxresp
expect resp.http.x-cache == "HIT"`) +
      ASKED,
  },
  {
    name: "forgets everything",
    script: kept("", "") + asks("/all") + ban() + client(expects("/all", "MISS")) + ASKED,
  },
  {
    name: "lets its lurker do what bans ask for",
    script:
      kept('-hdr "cache-tag: lurker"') +
      asks("/lurker") +
      ASKED +
      'varnish v1 -cliok "param.set ban_lurker_age 0.1"\nvarnish v1 -cliok "param.set ban_lurker_sleep 0.01"\n' +
      ban('-hdr "x-edge-tag: lurker"') +
      "delay 1\nvarnish v1 -expect bans_lurker_obj_killed > 0\n",
  },
  {
    name: "forgets nothing because a client says so",
    script:
      kept('-hdr "cache-tag: mine"') +
      asks("/clients") +
      client(`txreq -method PURGE -url "/clients"
rxresp
expect resp.status == 501
txreq -method BAN -url "/" -hdr "x-edge-tag: mine"
rxresp
expect resp.status == 501
${expects("/clients", "HIT")}
expect resp.http.cache-tag == <undef>`) +
      ASKED,
  },
  {
    name: "serves no page on the purge socket",
    script: agent('txreq -url "/page"\nrxresp\nexpect resp.status == 405'),
  },
];
