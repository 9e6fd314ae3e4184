import type * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { AwsConfig } from "../../config/fleetConfig.ts";

/** Namespace and name under which agents publish what their node serves. */
export const REQUEST_METRIC = { namespace: "EdgeFleet", name: "RequestsPerSecond" } as const;

/** A group grows when either its processors or its nodes' requests are above their target, and shrinks when both are below. */
export function scaleWithLoad(
  { cpuTarget, requestsTarget }: AwsConfig["instances"],
  group: pulumi.Output<string>,
  declare: (suffix: string, policy: aws.autoscaling.PolicyArgs) => void,
): void {
  const tracking = { autoscalingGroupName: group, policyType: "TargetTrackingScaling" };
  declare("cpu", {
    ...tracking,
    targetTrackingConfiguration: {
      predefinedMetricSpecification: { predefinedMetricType: "ASGAverageCPUUtilization" },
      targetValue: cpuTarget,
    },
  });
  declare("requests", {
    ...tracking,
    targetTrackingConfiguration: {
      customizedMetricSpecification: {
        namespace: REQUEST_METRIC.namespace,
        metricName: REQUEST_METRIC.name,
        statistic: "Average",
        metricDimensions: [{ name: "AutoScalingGroupName", value: group }],
      },
      targetValue: requestsTarget,
    },
  });
}
