import { DescribeInstancesCommand, EC2Client } from "@aws-sdk/client-ec2";
import { hubTags } from "../../components/aws/hubMachine.ts";
import type { AwsConfig } from "../../components/config/fleetConfig.ts";
import { CommandError } from "../errors.ts";
import { AWS_CALL_MS, awsProblem } from "./awsProblem.ts";

/**
 * The id of the machine that is a fleet's hub now. Needs ec2:DescribeInstances.
 *
 * @throws CommandError where none runs, or AWS says no
 */
export async function hubMachine(
  fleet: { readonly name: string; readonly aws: AwsConfig },
  signal: AbortSignal,
): Promise<string> {
  const { home } = fleet.aws;
  const client = new EC2Client({ region: home, maxAttempts: 3 });
  const tags = Object.entries(hubTags(fleet));
  const Filters = [
    ...tags.map(([key, value]) => ({ Name: `tag:${key}`, Values: [value] })),
    { Name: "instance-state-name", Values: ["running"] },
  ];
  try {
    const abortSignal = AbortSignal.any([signal, AbortSignal.timeout(AWS_CALL_MS)]);
    const { Reservations = [] } = await client.send(new DescribeInstancesCommand({ Filters }), { abortSignal });
    const [id] = Reservations.flatMap(({ Instances = [] }) => Instances.flatMap(({ InstanceId = [] }) => InstanceId));
    if (id !== undefined) return id;
  } catch (error) {
    signal.throwIfAborted();
    throw awsProblem(`the hub in ${home} cannot be looked up`, error);
  } finally {
    client.destroy();
  }
  const tagged = tags.map(([key, value]) => `${key}=${value}`).join(", ");
  throw new CommandError(`no machine in ${home} is the hub of ${fleet.name} (tags ${tagged}). Has \`up\` made it?`);
}
