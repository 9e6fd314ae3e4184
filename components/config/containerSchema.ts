import * as z from "zod";
import { keyed, text } from "./schemaParts.ts";

/** An image that cannot change: `<registry>/<name>[:<tag>]@sha256:<digest>`. */
const IMAGE = /^[a-z0-9][a-z0-9._:-]*(\/[a-z0-9][a-z0-9._-]*)+(:[\w][\w.-]{0,127})?@sha256:[0-9a-f]{64}$/;

/** `edge-fleet:functions.<name>.container`: a function that is an image. */
export const container = keyed({
  image: text({
    fits: (image) => IMAGE.test(image),
    problem: "is not an image by its digest",
    remedy:
      "Use <registry>/<name>@sha256:<64 hex digits>: ghcr.io/team/resize:1.4@sha256:…; docker buildx imagetools inspect tells the digest.",
  }).describe("The image by its digest: `ghcr.io/team/resize:1.4@sha256:…`."),
  port: z.int().min(1).max(65_535).default(8080).describe("Port on which it answers HTTP; it also finds it in `PORT`."),
  cpus: z.number().min(0.05).max(64).default(0.5).describe("Processors of a node that it may use, parts of one too."),
  memoryMb: z
    .int()
    .min(16)
    .max(65_536)
    .default(256)
    .describe("Memory of a node that it may use, MB, its 64 MB of `/tmp` included."),
  health: z
    .array(z.string().min(1))
    .min(1)
    .max(32)
    .optional()
    .describe(
      'Command in the image that ends with 0 while it is well: `["/bin/check"]`. Default: the image\'s own `HEALTHCHECK`, if it has one.',
    ),
});
