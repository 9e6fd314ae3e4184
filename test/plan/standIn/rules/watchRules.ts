import { check, given, matching, notBoth, oneOf, type Rule, when } from "./ruleParts.ts";

const RETENTION_DAYS = [
  0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];
const ALARM_PERIODS = (period: unknown) => [10, 20, 30].includes(Number(period)) || Number(period) % 60 === 0;

/** Of alarms, logs and topics. */
export const WATCH_RULES: Readonly<Record<string, readonly Rule[]>> = {
  "aws:cloudwatch/metricAlarm:MetricAlarm": [
    oneOf(
      "comparisonOperator",
      "GreaterThanOrEqualToThreshold",
      "GreaterThanThreshold",
      "LessThanThreshold",
      "LessThanOrEqualToThreshold",
    ),
    check(
      "either metricQueries, or namespace, metricName, period and a statistic",
      ({ metricQueries, metricName, namespace, period, statistic, extendedStatistic }) =>
        metricQueries === undefined
          ? [metricName, namespace, period, statistic ?? extendedStatistic].every((value) => value !== undefined)
          : [metricName, namespace, period, statistic].every((value) => value === undefined),
    ),
    oneOf("statistic", "SampleCount", "Average", "Sum", "Minimum", "Maximum"),
    notBoth("statistic", "extendedStatistic"),
    check("period is none that Amazon knows", ({ period }) => period === undefined || ALARM_PERIODS(period)),
    check(
      "it looks at more than a week",
      ({ period = 60, evaluationPeriods }) => Number(period) * Number(evaluationPeriods) <= 604_800,
    ),
    check(
      "more data points than periods are to be over it",
      ({ datapointsToAlarm = 0, evaluationPeriods }) => Number(datapointsToAlarm) <= Number(evaluationPeriods),
    ),
    oneOf("treatMissingData", "missing", "ignore", "breaching", "notBreaching"),
    given("threshold", "evaluationPeriods"),
  ],
  "aws:cloudwatch/logGroup:LogGroup": [
    notBoth("name", "namePrefix"),
    oneOf("retentionInDays", ...RETENTION_DAYS),
    oneOf("logGroupClass", "STANDARD", "INFREQUENT_ACCESS", "DELIVERY"),
  ],
  "aws:sns/topic:Topic": [
    notBoth("name", "namePrefix"),
    matching("name", /^[\w-]{1,256}(\.fifo)?$/),
    matching("displayName", /^.{0,100}$/),
  ],
  "aws:sns/topicSubscription:TopicSubscription": [
    oneOf("protocol", "email", "email-json", "http", "https", "lambda", "sms", "sqs", "firehose", "application"),
    when("protocol", "https", matching("endpoint", /^https:/)),
    when("protocol", "email", matching("endpoint", /^[^@\s]+@[^@\s]+$/)),
  ],
};
