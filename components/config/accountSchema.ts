import * as z from "zod";
import { accountNumber, tags } from "./awsSchema.ts";
import { distinct, keyed, regionCode, text } from "./schemaParts.ts";

/** Amazon copies a registry to so many others at most: https://docs.aws.amazon.com/AmazonECR/latest/userguide/replication.html. */
const DESTINATIONS_MAX = 25;

const github = keyed({
  repository: text({
    fits: (name) => /^[\w-]{1,39}\/[\w.-]{1,100}$/.test(name),
    problem: "is not the name of a repository",
    remedy: "Use owner and name, without wildcards: acme/edge.",
  }).describe("Repository whose workflows may come: `owner/name`."),
  environment: text({
    fits: (name) => /^[\w.-]{1,255}$/.test(name),
    problem: "is not the name of an environment",
    remedy: "Use letters, digits, dots, hyphens and underscores: production.",
  })
    .default("production")
    .describe("Environment of that repository whose jobs may deploy. Who may approve them is GitHub's to say."),
});

const account = keyed({
  id: accountNumber.describe(
    "The account; any other is refused. While it is null a preview warns and an `up` refuses.",
  ),
  home: regionCode.describe("Region to which images are pushed, and of the state's bucket: the fleets' home."),
  regions: distinct(regionCode)
    .min(1)
    .max(DESTINATIONS_MAX + 1)
    .describe("All regions that fleets of this account have. Images go to each, and disks there are encrypted."),
  stateBucket: text({
    fits: (name) => /^(?!edge-)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/.test(name),
    problem: "is not the name of a bucket that no fleet has",
    remedy: "Use 3 to 63 lower-case letters, digits and hyphens, not beginning with edge-: acme-edge-state.",
  }).describe("Bucket of Pulumi's states. It is made first, by a command, and taken over."),
  github: github.optional().describe("Workflows of GitHub that may preview and deploy. Default: none."),
  dockerHubSecret: text({
    fits: (name) => /^ecr-pullthroughcache\/[\w+=.@/-]{1,400}$/.test(name),
    problem: "is not the name of a secret that registries may read",
    remedy: "Use a name that begins as Amazon wants it: ecr-pullthroughcache/docker-hub.",
  })
    .optional()
    .describe(
      "Secrets Manager's name of user and token for Docker Hub, in every region. Default: no cache of Docker Hub.",
    ),
  tags: tags.describe("Tags on everything, beside `Name`."),
});

/** The stack config of `target: account`, below `edge-fleet:`, as people write it. */
export const rawAccountConfig = keyed({
  target: z.literal("account").describe("What is one per account, for all its fleets."),
  account: account.describe("The account and who may come to it."),
});

/** What is one per account. */
export type AccountConfig = z.output<typeof account>;
