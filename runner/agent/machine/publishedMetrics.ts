/** What agents tell CloudWatch, one value of each a minute: who reads it is the group's scaling and the region's alarms. */
export const PUBLISHED = {
  namespace: "EdgeFleet",
  /** Name of the one dimension; its value is the group's name. */
  dimension: "AutoScalingGroupName",
  /** Requests of clients that the node took, per second. */
  requests: "RequestsPerSecond",
  /** Days until the first of the node's certificates ends. */
  certificateDays: "CertificateDaysLeft",
} as const;
