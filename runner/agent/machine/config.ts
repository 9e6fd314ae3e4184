/** What the agent is told of the machine of an auto scaling group that its node is. */
export interface MachineConfig {
  readonly region: string;
  /** Name of the group. The node's own name is the machine's id. */
  readonly group: string;
  /** Where instance metadata is: URL without a path. */
  readonly metadata: string;
  /** Where Amazon's services are spoken instead of at AWS; null: at AWS. */
  readonly endpoint: string | null;
  /** DNS servers that know the machines of the group, `address:port`; null: the system's own. */
  readonly resolvers: readonly string[] | null;
}

/** What is wrong with a `machine` of `agent.json`, a line each. */
export function machineProblems(value: unknown): string[] {
  const machine = (typeof value === "object" && value !== null ? value : {}) as Readonly<Record<string, unknown>>;
  const problems: string[] = [];
  const check = (holds: boolean, key: string, expected: string) => {
    if (!holds) problems.push(`machine.${key} is ${JSON.stringify(machine[key])}: give ${expected}`);
  };
  const isText = (found: unknown) => typeof found === "string" && found !== "";
  const isUrl = (found: unknown) => typeof found === "string" && URL.canParse(found);
  const { region, group, metadata, endpoint, resolvers } = machine;
  check(isText(region), "region", "the machine's region");
  check(isText(group), "group", "the name of its auto scaling group");
  check(isUrl(metadata), "metadata", "the URL of instance metadata: http://169.254.169.254");
  check(endpoint === null || isUrl(endpoint), "endpoint", "a URL, or null");
  const isList = Array.isArray(resolvers) && resolvers.length > 0 && resolvers.every(isText);
  check(resolvers === null || isList, "resolvers", "a list of DNS servers, or null");
  return problems;
}
