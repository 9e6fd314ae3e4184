import { RESOURCE_NAME } from "@edge-fleet/runner/release/functionManifest";
import { SECRET_REFERENCE } from "@edge-fleet/runner/secretReference";
import { CONNECTIONS, KEY_PREFIX } from "@edge-fleet/runner/storesConfig";
import * as z from "zod";
import { keyed, text } from "./schemaParts.ts";

/** A secret of the node, by reference. */
export const secret = text({
  fits: (name) => SECRET_REFERENCE.regex.test(name),
  problem: "names no secret",
  remedy:
    "Name the secret, not its value: local:<name>, ssm:<path>, secretsmanager:<name>#<key>, or its file on the node (letters, digits, . _ and -).",
});

/** What a binding stands for. */
export const resourceName = text({
  fits: (name) => RESOURCE_NAME.regex.test(name),
  problem: "is not the name of what a binding stands for",
  remedy: "Use lower-case letters, digits and hyphens, beginning with a letter.",
}).meta({ pattern: RESOURCE_NAME.regex.source });

const server = (url: string) => ({
  url: secret.describe(`Secret of the node with the URL, user and password in it: ${url}.`),
  ca: secret
    .optional()
    .describe(
      "Secret of the node with certificates of the authorities that are believed, PEM. Default: those of Node.",
    ),
  tls: z
    .enum(["verify", "off"], { error: "is not a way to use TLS" })
    .optional()
    .describe(
      "`verify`: only with a certificate for the host's name or address. Default: `verify`, unless the server is on the node itself.",
    ),
});

/** `edge-fleet:postgres`: databases by the name that bindings use. */
export const postgresDatabases = z
  .record(
    resourceName,
    keyed({
      ...server("postgres://user:password@host:5432/database"),
      connections: z
        .int()
        .min(CONNECTIONS.min)
        .max(CONNECTIONS.max)
        .default(8)
        .describe("The most connections of one node; one function has half of them at most."),
    }),
  )
  .default({})
  .describe("PostgreSQL databases that functions may be bound to, by a name of your choice.");

/** `edge-fleet:redis`: servers by the name that bindings use. */
export const redisServers = z
  .record(
    resourceName,
    keyed({
      ...server("rediss://user:password@host:6379/0"),
      prefix: text({
        fits: (prefix) => KEY_PREFIX.regex.test(prefix),
        problem: "is not a prefix of keys",
        remedy: `Use ${KEY_PREFIX.gloss}.`,
      })
        .optional()
        .describe(
          "What every key of functions begins with; not with the prefix of another name that has the same url. Default: the name and a colon.",
        ),
    }),
  )
  .default({})
  .describe("Redis servers that functions may be bound to, by a name of your choice.");
