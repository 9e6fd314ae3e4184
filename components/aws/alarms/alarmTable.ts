import { PUBLISHED } from "@edge-fleet/runner/agent/machine/publishedMetrics";

/** What an alarm looks at, by the names that CloudWatch has for it. */
export interface Watched {
  readonly namespace: string;
  readonly metric: string;
  readonly statistic: "Minimum" | "Maximum" | "Sum";
  readonly of: "targets" | "loadBalancer" | "group";
}

/** An alarm of a region: it rises when a figure, or what is computed of several, is beyond its threshold for some minutes in a row. */
export interface AlarmRow {
  /** What is wrong then. */
  readonly tells: string;
  /** Figures by the names that `expression` has for them; without one there is a single figure. */
  readonly figures: Readonly<Record<string, Watched>>;
  readonly expression?: string;
  readonly rises: {
    readonly when: "above" | "below";
    readonly threshold: number;
    readonly minutes: number;
    /** Of which a figure is made, s. Default: 60. */
    readonly periodSeconds?: number;
  };
  /** Whether silence is a fault as well. */
  readonly silence: "breaching" | "notBreaching";
  /** Whether it ends a roll of the region's nodes, which Amazon takes back then. */
  readonly endsRolls: boolean;
}

const nlb = (metric: string, statistic: Watched["statistic"], of: "targets" | "loadBalancer" = "targets"): Watched => ({
  namespace: "AWS/NetworkELB",
  metric,
  statistic,
  of,
});
const group = (metric: string): Watched => ({
  namespace: "AWS/AutoScaling",
  metric,
  statistic: "Minimum",
  of: "group",
});

/** By their names in logical names, and in docs/operations.md. */
export const ALARMS = {
  away: {
    tells: "No node serves",
    figures: { healthy: nlb("HealthyHostCount", "Maximum") },
    rises: { when: "below", threshold: 1, minutes: 2 },
    silence: "breaching",
    endsRolls: true,
  },
  unhealthy: {
    tells: "A node has not been healthy for five minutes",
    figures: { unhealthy: nlb("UnHealthyHostCount", "Maximum") },
    rises: { when: "above", threshold: 0, minutes: 5 },
    silence: "notBreaching",
    endsRolls: true,
  },
  resets: {
    tells: "Nodes reset more than a tenth of new connections",
    figures: {
      broken: nlb("TCP_Target_Reset_Count", "Sum", "loadBalancer"),
      flows: nlb("NewFlowCount", "Sum", "loadBalancer"),
    },
    // Of a few connections a tenth is chance.
    expression: "IF(flows >= 100, 100 * broken / flows, 0)",
    rises: { when: "above", threshold: 10, minutes: 5 },
    silence: "notBreaching",
    endsRolls: false,
  },
  capacity: {
    tells: "The group has had fewer nodes in service than it wants for a quarter of an hour",
    figures: { desired: group("GroupDesiredCapacity"), serving: group("GroupInServiceInstances") },
    expression: "desired - serving",
    rises: { when: "above", threshold: 0, minutes: 15 },
    silence: "notBreaching",
    endsRolls: false,
  },
  certificate: {
    tells: "A certificate of the nodes ends within two weeks",
    figures: {
      days: { namespace: PUBLISHED.namespace, metric: PUBLISHED.certificateDays, statistic: "Minimum", of: "group" },
    },
    // A node publishes once a minute, and not at the same second of each.
    rises: { when: "below", threshold: 14, minutes: 15, periodSeconds: 300 },
    silence: "notBreaching",
    endsRolls: false,
  },
} as const satisfies Record<string, AlarmRow>;

export type AlarmName = keyof typeof ALARMS;
