import { PUBLISHED } from "@edge-fleet/runner/agent/machine/publishedMetrics";
import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { RegionName } from "../../config/fleetConfig.ts";
import type { LoadBalancer } from "../loadBalancer/loadBalancer.ts";
import { RegionalComponent } from "../regional.ts";
import { ALARMS, type AlarmName, type AlarmRow, type Watched } from "./alarmTable.ts";

export interface RegionAlarmsArgs {
  readonly region: RegionName;
  readonly groupName: pulumi.Input<string>;
  readonly loadBalancer: LoadBalancer["metricNames"];
  /** Addresses that are told; none: there is no topic, and alarms are for rolls and whoever looks. */
  readonly emails: readonly string[];
}

/** What watches a region from outside its nodes: alarms, and a topic that tells people of them. Each has its remedy in docs/operations.md. */
export class RegionAlarms extends RegionalComponent {
  /** Names of those that end a roll of the region's nodes. */
  readonly endingRolls: readonly pulumi.Output<string>[];
  readonly #args: RegionAlarmsArgs;

  constructor(name: string, args: RegionAlarmsArgs, opts: pulumi.ComponentResourceOptions) {
    super("edge-fleet:aws:Alarms", name, args.region, opts);
    this.#args = args;
    const told = args.emails.length === 0 ? [] : [this.topic().arn];
    const rows = Object.entries(ALARMS) as [AlarmName, AlarmRow][];
    const alarms = rows.map(([key, row]) => ({ row, alarm: this.alarm(key, row, told) }));
    this.endingRolls = alarms.filter(({ row }) => row.endsRolls).map(({ alarm }) => alarm.name);
    this.registerOutputs({});
  }

  private topic(): aws.sns.Topic {
    const topic = this.makeNamed(aws.sns.Topic, "told", {});
    for (const endpoint of this.#args.emails) {
      this.make(aws.sns.TopicSubscription, `told-${endpoint}`, { topic: topic.arn, protocol: "email", endpoint });
    }
    return topic;
  }

  private alarm(
    key: AlarmName,
    { tells, figures, expression, rises, silence }: AlarmRow,
    told: readonly pulumi.Output<string>[],
  ): aws.cloudwatch.MetricAlarm {
    const { when, threshold, minutes, periodSeconds: period = 60 } = rises;
    const metrics = Object.entries(figures).map(([id, { namespace, metric: metricName, statistic, of }]) => ({
      ...{ id, statistic, metric: { namespace, metricName, period, dimensions: this.dimensions(of) } },
    }));
    const what =
      expression === undefined
        ? metrics.map(({ metric, statistic }) => ({ ...metric, statistic }))[0]
        : {
            metricQueries: [
              { id: key, expression, label: tells, returnData: true },
              ...metrics.map(({ id, metric, statistic }) => ({ id, metric: { ...metric, stat: statistic } })),
            ],
          };
    return this.make(aws.cloudwatch.MetricAlarm, key, {
      alarmDescription: `${tells} (${this.#args.region}). What to do: docs/operations.md#alarm-${key}`,
      ...what,
      comparisonOperator: when === "above" ? "GreaterThanThreshold" : "LessThanThreshold",
      threshold,
      evaluationPeriods: (minutes * 60) / period,
      treatMissingData: silence,
      ...(told.length === 0 ? {} : { alarmActions: [...told], okActions: [...told] }),
    });
  }

  private dimensions(of: Watched["of"]): Record<string, pulumi.Input<string>> {
    const { groupName, loadBalancer } = this.#args;
    if (of === "group") return { [PUBLISHED.dimension]: groupName };
    return {
      LoadBalancer: loadBalancer.loadBalancer,
      ...(of === "targets" ? { TargetGroup: loadBalancer.https } : {}),
    };
  }
}
