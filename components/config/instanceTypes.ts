/** Processors and memory of a machine. */
export interface MachineSize {
  readonly vcpus: number;
  readonly memoryMb: number;
}

export const ARCHITECTURES = ["arm64", "x86_64"] as const;
export type Architecture = (typeof ARCHITECTURES)[number];

interface InstanceFacts extends MachineSize {
  readonly architecture: Architecture;
}

const GB = 1024;

const arm = (vcpus: number, memoryGb: number): InstanceFacts => ({
  vcpus,
  memoryMb: memoryGb * GB,
  architecture: "arm64",
});
const intel = (vcpus: number, memoryGb: number): InstanceFacts => ({
  vcpus,
  memoryMb: memoryGb * GB,
  architecture: "x86_64",
});

/** Machines that a node may be: https://aws.amazon.com/ec2/instance-types/. */
export const INSTANCE_TYPES = {
  "t4g.small": arm(2, 2),
  "t4g.medium": arm(2, 4),
  "t4g.large": arm(2, 8),
  "t4g.xlarge": arm(4, 16),
  "c7g.large": arm(2, 4),
  "c7g.xlarge": arm(4, 8),
  "c7g.2xlarge": arm(8, 16),
  "c8g.large": arm(2, 4),
  "c8g.xlarge": arm(4, 8),
  "c8g.2xlarge": arm(8, 16),
  "t3.small": intel(2, 2),
  "t3.medium": intel(2, 4),
  "t3.large": intel(2, 8),
  "t3.xlarge": intel(4, 16),
  "c7i.large": intel(2, 4),
  "c7i.xlarge": intel(4, 8),
  "c7i.2xlarge": intel(8, 16),
} as const satisfies Record<string, InstanceFacts>;

export type InstanceType = keyof typeof INSTANCE_TYPES;

export const INSTANCE_TYPE_NAMES = Object.keys(INSTANCE_TYPES).sort() as readonly InstanceType[];
