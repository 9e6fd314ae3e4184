import { ASKED, type Behaviour, client, runner } from "../varnishTest.ts";

const waiting = (name: string, url: string, expects: string) =>
  `client ${name} -connect "\${tmpdir}/edge.sock" {\ntxreq -url "${url}"\nrxresp\n${expects}\n} -start\n`;

export const TOGETHER: readonly Behaviour[] = [
  {
    name: "lets nobody wait for an answer that is known to be kept for nobody",
    script: `barrier b5 cond 2
${runner("rxreq\ntxresp\nrxreq\nbarrier b5 sync\ntxresp\naccept\nrxreq\ntxresp")}
${client('txreq -url "/apart"\nrxresp')}
${waiting("c2", "/apart", "")}
${waiting("c3", "/apart", "")}
varnish v1 -expect VBE.vcl1.runner.conn == 2
barrier b5 sync
client c2 -wait
client c3 -wait
${ASKED}`,
  },
  {
    name: "asks once for all who want the same page at the same time",
    script: `barrier b4 cond 2
${runner(`rxreq
barrier b4 sync
delay .3
txresp -hdr "cache-control: max-age=60" -body "once"`)}
${waiting("c2", "/together", 'expect resp.body == "once"')}
barrier b4 sync
${waiting("c3", "/together", 'expect resp.body == "once"')}
${waiting("c4", "/together", 'expect resp.body == "once"')}
client c2 -wait
client c3 -wait
client c4 -wait
${ASKED}`,
  },
  {
    name: "begins to keep what could not be kept before",
    script:
      runner(`rxreq\ntxresp\nrxreq\ntxresp -hdr "cache-control: max-age=60"`) +
      client(`loop 2 {
txreq -url "/changed"
rxresp
expect resp.http.x-cache == "MISS"
}
txreq -url "/changed"
rxresp
expect resp.http.x-cache == "HIT"`) +
      ASKED,
  },
];
