import * as pulumi from "@pulumi/pulumi";
import type { AwsConfig } from "../config/fleetConfig.ts";
import { type ImagesLock, imageProblems } from "../node/containers/images.ts";
import { machineImageName } from "./nodes/machineImageName.ts";

/**
 * What nobody has looked up yet is never invented: a preview warns of it.
 *
 * @throws pulumi.RunError in an `up`, with all of it, before anything is declared.
 */
export function refuseUnknownFacts(config: AwsConfig, lock: ImagesLock): void {
  const problems = imageProblems(lock);
  if (config.account === null) {
    problems.push('edge-fleet:aws.account is null: no account is chosen. Set its twelve digits: "111122223333"');
  }
  if (machineImageName(config) === null) {
    problems.push(
      "edge-fleet:aws.machineImage.serial is null: no Ubuntu image is chosen. `edge bump-ami` looks the newest one up",
    );
  }
  if (config.releaseKey === null) {
    problems.push(
      "edge-fleet:aws.releaseKey is null: nothing says whose releases nodes take. Make a key: docs/releases.md#a-key-in-the-cloud",
    );
  }
  if (problems.length === 0) return;
  const told = `machines cannot be started yet:\n${problems.join("\n")}`;
  if (!pulumi.runtime.isDryRun()) throw new pulumi.RunError(told);
  void pulumi.log.warn(told);
}
