import { ASKED, agent, type Behaviour, client, runner } from "../varnishTest.ts";

/** An answer of the version that the router says it is of. */
const answer = (body: string, version?: string) =>
  `rxreq\ntxresp -hdr "cache-control: public, max-age=60" ${version === undefined ? "" : `-hdr "x-edge-version: ${version}" `}-body "${body}"`;
const asks = (
  url: string,
  outcome: string,
  { body, version, policy }: { body: string; version?: string; policy?: string },
) =>
  `txreq -url "${url}" ${version === undefined ? "" : `-hdr "x-edge-version: ${version}" `}${policy === undefined ? "" : `-hdr "x-edge-policy: ${policy}" `}
rxresp
expect resp.http.x-cache == "${outcome}"
expect resp.body == "${body}"
expect resp.http.x-edge-version == <undef>`;

export const VERSIONS: readonly Behaviour[] = [
  {
    name: "keeps the copies of each version apart, and those without one",
    script:
      runner([answer("stable"), answer("candidate", "v2")].join("\n")) +
      client(
        [
          asks("/split", "MISS", { body: "stable" }),
          asks("/split", "MISS", { body: "candidate", version: "v2" }),
          asks("/split", "HIT", { body: "stable" }),
          asks("/split", "HIT", { body: "candidate", version: "v2" }),
        ].join("\n"),
      ) +
      ASKED,
  },
  {
    name: "keeps nothing that another version answered than the one that was asked",
    script:
      runner(
        [
          answer("stable", "v1"),
          answer("stable", "v1"),
          answer("scoped", "v1"),
          answer("nobody's"),
          answer("candidate", "v2"),
        ].join("\n"),
      ) +
      client(
        [
          asks("/late", "MISS", { body: "stable", version: "v2" }),
          asks("/late", "MISS", { body: "stable", version: "v2" }),
          asks("/late-map", "MISS", { body: "scoped" }),
          asks("/late-map", "MISS", { body: "nobody's" }),
          asks("/late", "MISS", { body: "candidate", version: "v2" }),
          asks("/late", "HIT", { body: "candidate", version: "v2" }),
          asks("/late-map", "HIT", { body: "nobody's" }),
        ].join("\n"),
      ) +
      ASKED,
  },
  {
    name: "forgets a page by its URL for all versions and policies",
    script:
      runner(
        [
          answer("stable"),
          answer("candidate", "v2"),
          answer("keyed"),
          answer("other"),
          answer("new", "v2"),
          answer("new"),
        ].join("\n"),
      ) +
      client(
        [
          asks("/purged?a=1&b=2", "MISS", { body: "stable" }),
          asks("/purged?a=1&b=2", "MISS", { body: "candidate", version: "v2" }),
          asks("/purged?a=1&b=2", "MISS", { body: "keyed", policy: "p1" }),
          asks("/purged?a=1", "MISS", { body: "other", policy: "p1" }),
        ].join("\n"),
      ) +
      agent('txreq -method PURGE -url "/purged?b=2&utm_source=x&a=1"\nrxresp\nexpect resp.status == 200') +
      client(
        [
          asks("/purged?a=1&b=2", "MISS", { body: "new", version: "v2" }),
          asks("/purged?b=2&a=1", "MISS", { body: "new", policy: "p1" }),
          asks("/purged?a=1", "HIT", { body: "other", policy: "p1" }),
        ].join("\n"),
      ) +
      ASKED,
  },
  {
    name: "looks up nothing for a preview's token",
    script:
      runner([answer("stable"), answer("preview")].join("\n")) +
      client(
        `${asks("/token", "MISS", { body: "stable" })}
txreq -url "/token" -hdr "x-edge-preview: v2--hello.1.x"
rxresp
expect resp.http.x-cache == "PASS"
expect resp.body == "preview"
${asks("/token", "HIT", { body: "stable" })}`,
      ) +
      ASKED,
  },
];
