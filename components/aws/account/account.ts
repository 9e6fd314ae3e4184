import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { EdgeComponent } from "../../component.ts";
import type { AccountConfig } from "../../config/accountSchema.ts";
import { accountOf } from "../store/storeAddress.ts";
import { StoreBucket } from "../store/storeBucket.ts";
import { DiskEncryption } from "./diskEncryption.ts";
import { PullThrough, RegistryCopies } from "./registrySharing.ts";
import { WorkflowRoles } from "./workflowRoles.ts";

/** What is one per AWS account, whatever fleets are in it: its registries' settings, encryption of disks, who may deploy, and the state's bucket. */
export class EdgeAccount extends EdgeComponent {
  /** Roles of workflows; null without GitHub. */
  readonly roles: WorkflowRoles["arns"] | null;

  constructor(name: string, config: AccountConfig, opts: pulumi.ComponentResourceOptions = {}) {
    refuseNoAccount(config);
    const provider = new aws.Provider(
      `${name}-provider`,
      {
        region: config.home,
        ...(config.id === null ? {} : { allowedAccountIds: [config.id] }),
        defaultTags: { tags: { "edge-fleet": "account", ...config.tags } },
      },
      opts,
    );
    super("edge-fleet:aws:Account", name, { ...opts, providers: { aws: provider } });
    const account = accountOf({ account: config.id });
    const { home, regions, stateBucket, github } = config;
    new StoreBucket(
      this.childName("state"),
      { region: home, bucketName: stateBucket, protect: true, isThere: true },
      this.childOf(),
    );
    const others = regions.filter((region) => region !== home).sort();
    if (others.length > 0) {
      new RegistryCopies(this.childName("images"), { account, region: home, to: others }, this.childOf());
    }
    for (const region of regions) {
      const settings = { region, dockerHubSecret: config.dockerHubSecret ?? null };
      new PullThrough(this.childName(`${region}-registry`), settings, this.childOf());
      new DiskEncryption(this.childName(`${region}-disks`), { region }, this.childOf());
    }
    this.roles =
      github === undefined
        ? null
        : new WorkflowRoles(
            this.childName("github"),
            { account, regions: regions.toSorted(), stateBucket, github },
            this.childOf(),
          ).arns;
    this.registerOutputs({});
  }
}

/** @throws pulumi.RunError in an `up`. */
function refuseNoAccount({ id }: AccountConfig): void {
  if (id !== null) return;
  const told = 'edge-fleet:account.id is null: no account is chosen. Set its twelve digits: "111122223333"';
  if (!pulumi.runtime.isDryRun()) throw new pulumi.RunError(told);
  void pulumi.log.warn(told);
}
