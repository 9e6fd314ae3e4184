/** Processors and memory of a machine. */
export interface MachineSize {
  readonly vcpus: number;
  readonly memoryMb: number;
}

const GB = 1024;

/** Arm machines that a node may be: https://aws.amazon.com/ec2/instance-types/. */
export const INSTANCE_TYPES = {
  "t4g.small": { vcpus: 2, memoryMb: 2 * GB },
  "t4g.medium": { vcpus: 2, memoryMb: 4 * GB },
  "t4g.large": { vcpus: 2, memoryMb: 8 * GB },
  "t4g.xlarge": { vcpus: 4, memoryMb: 16 * GB },
  "c7g.large": { vcpus: 2, memoryMb: 4 * GB },
  "c7g.xlarge": { vcpus: 4, memoryMb: 8 * GB },
  "c7g.2xlarge": { vcpus: 8, memoryMb: 16 * GB },
  "c8g.large": { vcpus: 2, memoryMb: 4 * GB },
  "c8g.xlarge": { vcpus: 4, memoryMb: 8 * GB },
  "c8g.2xlarge": { vcpus: 8, memoryMb: 16 * GB },
} as const satisfies Record<string, MachineSize>;

export type InstanceType = keyof typeof INSTANCE_TYPES;
