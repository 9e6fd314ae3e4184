import type { BootConfig } from "./bootConfig.ts";

/** Test data: no such bucket, account or bundle exists. */
export const BOOT: BootConfig = {
  region: "eu-central-1",
  bundle: {
    sha256: "0".repeat(64),
    sources: [
      { region: "eu-central-1", url: "https://edge-test-eu.s3.eu-central-1.amazonaws.com/bundles/0" },
      { region: "us-east-1", url: "https://edge-test-home.s3.us-east-1.amazonaws.com/bundles/0" },
    ],
  },
  registries: ["000000000000.dkr.ecr.eu-central-1.amazonaws.com"],
  updates: { fromHour: 3, hours: 2 },
  scalingGroup: "edge-test-eu-central-1",
  httpPort: 80,
  drainSeconds: 30,
};
