import { ASKED, type Behaviour, client, runner } from "../varnishTest.ts";

const refused = (name: string, request: string, status: number): Behaviour => ({
  name,
  script: client(`txreq ${request}\nrxresp\nexpect resp.status == ${status}`),
});

export const RULES: readonly Behaviour[] = [
  refused("refuses a target that is no path", '-url "no-path"', 400),
  refused("refuses a request without a host", '-url "/" -nohost', 400),
  refused("refuses a method that nobody has", '-method PROPFIND -url "/"', 501),
  refused("shows clients nothing of its own paths", '-url "/.edge/healthz" -hdr "x-edge-client-ip: 192.0.2.1"', 404),
  refused("tells its door that it is there", '-url "/.edge/healthz"', 200),
  refused("tells its door that the runner is well", '-url "/.edge/readyz"', 200),
  {
    name: "tells its door that the runner is not",
    script:
      'varnish v1 -cliok "backend.set_health runner sick"\n' +
      client('txreq -url "/.edge/readyz"\nrxresp\nexpect resp.status == 503') +
      'varnish v1 -cliok "backend.set_health runner healthy"\n',
  },
  {
    name: "tells the runner who the client is, and clients nothing of itself",
    script:
      runner(`rxreq
expect req.http.x-forwarded-for == "192.0.2.1"
expect req.http.x-edge-client-ip == "192.0.2.1"
expect req.http.x-varnish == <undef>
txresp -hdr "cache-control: max-age=60" -hdr "cache-tag: a"`) +
      client(`txreq -url "/" -hdr "x-edge-client-ip: 192.0.2.1"
rxresp
expect resp.http.via == <undef>
expect resp.http.x-varnish == <undef>
expect resp.http.cache-tag == <undef>
expect resp.http.x-edge-cache-host == <undef>
expect resp.http.x-edge-cache-on-error == <undef>
txreq -url "/"
rxresp
expect resp.http.server-timing == "edge;desc=eu-central-1, cache;desc=HIT"`) +
      ASKED,
  },
];
