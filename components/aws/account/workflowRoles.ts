import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { EdgeComponent } from "../../component.ts";
import type { AccountConfig } from "../../config/accountSchema.ts";
import { policy, type Right } from "../access/policyDocument.ts";
import { deployRights, previewRights, type WorkflowScope, workflowTrust } from "./workflowRights.ts";

export interface WorkflowRolesArgs extends WorkflowScope {
  readonly github: NonNullable<AccountConfig["github"]>;
}

/** How long a workflow's keys hold, seconds: an `up` of six regions in waves takes most of it. */
const SESSION_SECONDS = { preview: 3_600, deploy: 4 * 3_600 } as const;
type Use = keyof typeof SESSION_SECONDS;

/** Roles of GitHub's workflows, which come with a token of GitHub's and no key of ours: pull requests preview, jobs of one environment deploy. */
export class WorkflowRoles extends EdgeComponent {
  readonly arns: Readonly<Record<Use, pulumi.Output<string>>>;

  constructor(name: string, args: WorkflowRolesArgs, opts: pulumi.ComponentResourceOptions) {
    super("edge-fleet:aws:WorkflowRoles", name, opts);
    const { repository, environment } = args.github;
    const provider = new aws.iam.OpenIdConnectProvider(
      this.childName("provider"),
      { url: "https://token.actions.githubusercontent.com", clientIdLists: ["sts.amazonaws.com"] },
      this.childOf({ protect: true }),
    );
    const role = (use: Use, subject: string, rights: readonly Right[]) => {
      const made = new aws.iam.Role(
        this.childName(use),
        {
          assumeRolePolicy: provider.arn.apply((arn) => workflowTrust(arn, subject)),
          description: `Workflows of ${repository}: ${use}`,
          maxSessionDuration: SESSION_SECONDS[use],
        },
        this.childOf({ protect: true }),
      );
      new aws.iam.RolePolicy(this.childName(use), { role: made.id, policy: policy(rights) }, this.childOf());
      return made.arn;
    };
    this.arns = {
      preview: role("preview", `repo:${repository}:pull_request`, previewRights(args)),
      deploy: role("deploy", `repo:${repository}:environment:${environment}`, deployRights(args)),
    };
    this.registerOutputs(this.arns);
  }
}
