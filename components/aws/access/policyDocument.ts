/** A right: what may be done to what. */
export interface Right {
  readonly actions: readonly string[];
  /** ARNs; `*` only for actions that know no resource. */
  readonly resources: readonly string[];
  /** What must hold beside: operator, key, values. Default: nothing. */
  readonly condition?: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

/** IAM policy that allows exactly `rights`. */
export function policy(rights: readonly Right[]): string {
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: rights.map(({ actions, resources, condition }) => ({
      Effect: "Allow",
      Action: actions,
      Resource: resources,
      ...(condition === undefined ? {} : { Condition: condition }),
    })),
  });
}

/** On whose behalf a service may take a role on. */
export interface Source {
  readonly account: string;
  /** ARN of what it acts for; may have wildcards. */
  readonly arn: string;
}

/**
 * Trust policy of a role that a service of Amazon's takes on.
 *
 * @param source for services that tell it: nobody else can have the service use the role.
 */
export function assumedBy(service: string, source?: Source): string {
  const condition =
    source === undefined
      ? {}
      : {
          Condition: {
            StringEquals: { "aws:SourceAccount": source.account },
            ArnLike: { "aws:SourceArn": source.arn },
          },
        };
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: { Service: service }, Action: "sts:AssumeRole", ...condition }],
  });
}
