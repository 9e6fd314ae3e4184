import { ASKED, agent, type Behaviour, client, expire, runner } from "../varnishTest.ts";

const answer = (control: string, body: string) => `txresp -hdr "cache-control: ${control}" -body "${body}"`;
/** The same, and the next request comes on a new connection: Varnish repeats what fails on one that it had before. */
const answerAndHangUp = (control: string, body: string) =>
  `${answer(control, body).replace("txresp", 'txresp -hdr "connection: close"')}\naccept`;

/** Goes on when a fetch behind the client's back is over, well or not. */
const inBackground = (script: string) => `logexpect l1 -v v1 -g vxid -q {Begin[3] eq "bgfetch"} {
expect * * End
} -start
${script}logexpect l1 -wait
`;

/** A page is kept, expires, and its refresh goes wrong; clients have the old page. */
function standsIn(name: string, path: string, control: string, wrong: string): Behaviour {
  return {
    name,
    script:
      runner(`rxreq\n${answerAndHangUp(control, "old")}\nrxreq\n${wrong}`) +
      client(`txreq -url "${path}"\nrxresp`) +
      expire(path) +
      client(`txreq -url "${path}"
rxresp
expect resp.status == 200
expect resp.body == "old"
expect resp.http.x-cache == "STALE"`) +
      ASKED +
      // Nobody is asked for some seconds.
      client(`txreq -url "${path}"\nrxresp\nexpect resp.body == "old"\nexpect resp.http.x-cache == "STALE"`),
  };
}

/** The same, and clients have what went wrong. */
function standsNotIn(name: string, path: string, control: string, wrong: string, status: number): Behaviour {
  return {
    name,
    script:
      runner(`rxreq\n${answerAndHangUp(control, "old")}\nrxreq\n${wrong}`) +
      client(`txreq -url "${path}"\nrxresp`) +
      expire(path) +
      client(`txreq -url "${path}"\nrxresp\nexpect resp.status == ${status}`) +
      ASKED,
  };
}

const ERROR = 'txresp -status 500 -body "error"';
/** The end of a script is the end of its connection. */
const HANGS_UP = "";

const WAITING = ["c3", "c4", "c5", "c6", "c7", "c8"];
const waiting = (name: string, url: string) => `client ${name} -connect "\${tmpdir}/edge.sock" {
txreq -url "${url}"
rxresp
expect resp.body == "old"
} -start
`;

export const STALE: readonly Behaviour[] = [
  {
    name: "gives the old page at once while it is refreshed (stale-while-revalidate)",
    script:
      "barrier b2 cond 2\n" +
      runner(`rxreq
${answer("max-age=60, stale-while-revalidate=60", "old")}
rxreq
barrier b2 sync
${answer("max-age=60, stale-while-revalidate=60", "new")}`) +
      client('txreq -url "/swr"\nrxresp') +
      expire("/swr") +
      inBackground(
        client(`txreq -url "/swr"
rxresp
expect resp.body == "old"
expect resp.http.x-cache == "STALE"
barrier b2 sync`) + ASKED,
      ) +
      client('txreq -url "/swr"\nrxresp\nexpect resp.body == "new"\nexpect resp.http.x-cache == "HIT"'),
  },
  {
    name: "keeps the old page when a refresh behind the client's back fails",
    script:
      runner(`rxreq\n${answer("max-age=60, stale-while-revalidate=60", "old")}\nrxreq\n${ERROR}`) +
      client('txreq -url "/swr-error"\nrxresp') +
      expire("/swr-error") +
      inBackground(client('txreq -url "/swr-error"\nrxresp\nexpect resp.body == "old"') + ASKED) +
      runner(`rxreq\n${ERROR}`) +
      client('txreq -url "/swr-error"\nrxresp\nexpect resp.body == "old"\nexpect resp.http.x-cache == "STALE"') +
      ASKED,
  },
  standsIn("gives the old page for an error (stale-if-error)", "/sie", "max-age=60, stale-if-error=60", ERROR),
  standsIn(
    "gives the old page when nobody answers (stale-if-error)",
    "/sie-close",
    "max-age=60, stale-if-error=60",
    HANGS_UP,
  ),
  standsIn(
    "gives the old page when nobody answers, also where an answer says nothing of it",
    "/silent",
    "max-age=60",
    HANGS_UP,
  ),
  standsNotIn("gives the error where an answer says nothing of errors", "/silent-error", "max-age=60", ERROR, 500),
  ...["must-revalidate", "proxy-revalidate"].map((directive) =>
    standsNotIn(`gives no old page that says ${directive}`, `/${directive}`, `max-age=60, ${directive}`, HANGS_UP, 503),
  ),
  standsNotIn("gives no old page of s-maxage alone", "/s-maxage", "s-maxage=60", HANGS_UP, 503),
  standsNotIn(
    "takes must-revalidate before stale-if-error",
    "/both",
    "max-age=60, stale-if-error=60, must-revalidate",
    ERROR,
    500,
  ),
  {
    name: "waits for the new page where the old one is for errors alone",
    script:
      runner(`rxreq\n${answer("max-age=60, stale-if-error=60", "old")}\nrxreq\n${answer("max-age=60", "new")}`) +
      client('txreq -url "/sie-new"\nrxresp') +
      expire("/sie-new") +
      client('txreq -url "/sie-new"\nrxresp\nexpect resp.body == "new"\nexpect resp.http.x-cache == "MISS"') +
      ASKED,
  },
  {
    name: "gives the old page of all to clients with cookies as well, and asks nobody for some seconds",
    script:
      runner(`rxreq
${answer("public, max-age=60, stale-if-error=60", "for all")}
rxreq
expect req.http.cookie == "user=1"
${ERROR}`) +
      client('txreq -url "/sie-cookie"\nrxresp') +
      expire("/sie-cookie") +
      client(`loop 2 {
txreq -url "/sie-cookie" -hdr "cookie: user=1"
rxresp
expect resp.status == 200
expect resp.body == "for all"
expect resp.http.x-cache == "STALE"
}`) +
      ASKED,
  },
  {
    name: "gives all who wait the old page when the refresh fails, and does not try for one after the other",
    // One of those who waited may have begun to ask before the mark was there.
    script: `barrier b3 cond 2
${runner(`rxreq
${answer("max-age=60, stale-if-error=60", "old")}
rxreq
barrier b3 sync
delay .3
txresp -status 500 -hdr "connection: close"
accept
rxreq
delay .3
${ERROR}`)}
${client('txreq -url "/sie-all"\nrxresp')}
${expire("/sie-all")}
${waiting("c2", "/sie-all")}
barrier b3 sync
${WAITING.map((name) => waiting(name, "/sie-all")).join("")}
client c2 -wait
${WAITING.map((name) => `client ${name} -wait\n`).join("")}
server s1 -break
`,
  },
  {
    name: "asks whether the old page is still the one, and keeps it when it is",
    script:
      runner(`rxreq
txresp -hdr "cache-control: max-age=60" -hdr {etag: "1"} -body "same"
rxreq
expect req.http.if-none-match == {"1"}
txresp -status 304 -hdr "cache-control: max-age=60" -hdr {etag: "1"}`) +
      client('txreq -url "/revalidated"\nrxresp') +
      expire("/revalidated") +
      client(`txreq -url "/revalidated"
rxresp
expect resp.status == 200
expect resp.body == "same"
txreq -url "/revalidated"
rxresp
expect resp.http.x-cache == "HIT"`) +
      ASKED,
  },
  {
    name: "does not ask a runner that is sick where there is an old page",
    script:
      runner(`rxreq\n${answer("max-age=60", "old")}`) +
      client('txreq -url "/sick"\nrxresp') +
      ASKED +
      expire("/sick") +
      'varnish v1 -cliok "backend.set_health runner sick"\n' +
      client('txreq -url "/sick"\nrxresp\nexpect resp.body == "old"\nexpect resp.http.x-cache == "STALE"') +
      'varnish v1 -cliok "backend.set_health runner auto"\n',
  },
  {
    name: "gives a typed error where nobody answers and nothing is kept, and keeps no error",
    script:
      runner(`rxreq\n${HANGS_UP}`) +
      client(`txreq -url "/nothing"
rxresp
expect resp.status == 503
expect resp.http.content-type == "application/json"
expect resp.body ~ "ERR_RUNNER_UNAVAILABLE"
expect resp.http.retry-after == 1`) +
      ASKED +
      runner("rxreq\ntxresp") +
      client('txreq -url "/nothing"\nrxresp\nexpect resp.status == 200') +
      ASKED,
  },
  {
    name: "believes no client that says how a request stands",
    script:
      runner(`rxreq\n${answer("max-age=60", "kept")}`) +
      client(`txreq -url "/forged" -hdr "x-edge-cache-mode: stale" -hdr "x-edge-cache-failed: 1"
rxresp
expect resp.body == "kept"
txreq -url "/forged" -hdr "x-edge-cache-mode: refresh"
rxresp
expect resp.http.x-cache == "HIT"`) +
      ASKED +
      agent('txreq -method PURGE -url "/forged"\nrxresp'),
  },
];
