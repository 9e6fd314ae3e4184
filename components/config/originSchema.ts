import * as z from "zod";
import { isAddress, isForbiddenOrigin, isHostName } from "./hostName.ts";
import { distinct, keyed, regionCode, text } from "./schemaParts.ts";

const hostName = text({
  fits: isHostName,
  problem: "is not a host name",
  remedy: "Use a lower-case host name: www.example.com.",
});

const origin = keyed({
  host: text({
    fits: (host) => (isHostName(host) || isAddress(host)) && !isForbiddenOrigin(host),
    problem: (host) =>
      isForbiddenOrigin(host) ? "is an address that is never an origin" : "is neither a host name nor an IP address",
    remedy:
      "Use a lower-case host name or an address: origin.example.com, 10.0.0.7. Link-local, multicast and unspecified ones are refused.",
  }).describe("Host name or IP address, exactly as functions will write it."),
  port: z.int().min(1).max(65_535).describe("TCP port."),
  tls: z
    .enum(["verify", "off"], { error: "is not a way to use TLS" })
    .optional()
    .describe(
      "How the cache reaches it. `verify`: only with a certificate for its name. Default: `verify` on port 443, else `off`.",
    ),
  serverName: hostName.optional().describe("Name that its certificate is for. Default: `host`."),
  ca: text({
    fits: (pem) => /^-----BEGIN CERTIFICATE-----\n[\s\S]+\n-----END CERTIFICATE-----\s*$/.test(pem),
    problem: "is not a certificate in PEM",
    remedy: "Write the whole file below the key, from -----BEGIN CERTIFICATE----- on.",
  })
    .optional()
    .describe("Certificates of the authorities that are believed, PEM. Default: those of the node's system."),
  serves: distinct(hostName)
    .default([])
    .describe("Hosts whose requests it answers instead of functions, through the cache: www.example.com."),
  shield: regionCode
    .optional()
    .describe("Region whose cache all others ask first, best the one nearest to it. Default: none."),
  connections: z
    .int()
    .min(1)
    .max(10_000)
    .default(100)
    .describe("Requests that one node has under way there at once; others wait a second for a place."),
  health: text({
    fits: (path) => /^\/[\w./~-]*$/.test(path),
    problem: "is not a path of letters, digits and . _ ~ - /",
    remedy: "Use a path that answers 2xx or 3xx when the origin is well: /healthz.",
  })
    .optional()
    .describe("Path that answers 2xx or 3xx when it is well. Default: it is well when it takes connections."),
});

/** `edge-fleet:origins`: servers outside the fleet by a name of people's choice. */
export const origins = z
  .record(
    text({
      fits: (name) => /^[a-z][a-z0-9-]{0,62}$/.test(name),
      problem: "is not an origin's name",
      remedy: "Use lower-case letters, digits and hyphens, beginning with a letter.",
    }),
    origin,
  )
  .default({})
  .describe(
    "Servers outside the fleet, by a name of your choice: functions may reach them at private addresses, and the cache asks them for the hosts they serve.",
  );

export type RawOrigin = z.output<typeof origin>;
