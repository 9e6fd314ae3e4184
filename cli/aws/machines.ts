import { AutoScalingClient, DescribeAutoScalingGroupsCommand } from "@aws-sdk/client-auto-scaling";
import { groupPrefix } from "../../components/aws/nodes/groupPrefix.ts";
import type { FleetConfig } from "../../components/config/fleetConfig.ts";
import { AWS_CALL_MS, awsProblem } from "./awsProblem.ts";

/** A machine of a fleet in AWS, which is a node. */
export interface Machine {
  /** The machine's id, which is the node's name. */
  readonly node: string;
  readonly region: string;
  /** As its group calls it: `InService`, `Pending:Wait`, `Terminating`. */
  readonly state: string;
  /** Whether its group takes it for healthy. */
  readonly isHealthy: boolean;
}

/**
 * The machines that the groups of a fleet have now. Needs autoscaling:DescribeAutoScalingGroups.
 *
 * @throws CommandError naming the region, what AWS said and what to do
 */
export async function fleetMachines(fleet: FleetConfig, signal: AbortSignal): Promise<readonly Machine[]> {
  const machines = await Promise.all(fleet.regions.map(({ name }) => machinesIn(fleet, name, signal)));
  return machines.flat();
}

async function machinesIn(fleet: FleetConfig, region: string, signal: AbortSignal): Promise<Machine[]> {
  const client = new AutoScalingClient({ region, maxAttempts: 3 });
  const names = [`${groupPrefix(fleet.name)}${region}`];
  try {
    const abortSignal = AbortSignal.any([signal, AbortSignal.timeout(AWS_CALL_MS)]);
    const command = new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: names });
    const { AutoScalingGroups = [] } = await client.send(command, { abortSignal });
    return AutoScalingGroups.flatMap(({ Instances = [] }) =>
      Instances.map(({ InstanceId = "", LifecycleState = "", HealthStatus = "" }) => ({
        node: InstanceId,
        region,
        state: LifecycleState,
        isHealthy: HealthStatus === "Healthy",
      })),
    );
  } catch (error) {
    signal.throwIfAborted();
    throw awsProblem(`the machines of ${region} cannot be looked up`, error);
  } finally {
    client.destroy();
  }
}
