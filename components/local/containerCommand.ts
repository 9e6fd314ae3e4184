import type { FunctionConfig } from "../config/fleetConfig.ts";

/**
 * The command that starts a function's container on this machine with the limits that a node gives it; null for a function that is
 * none. The local target runs processes and no containers: people start theirs.
 */
export function containerCommand({ name, container, env }: FunctionConfig): string | null {
  if (container === null) return null;
  const { image, host, port, cpus, memoryMb } = container;
  const variables = { HOME: "/tmp", PORT: `${port}`, ...env };
  return [
    ...["docker run --rm", `--name ${name}`, `--publish ${host}:${port}:${port}`],
    ...[`--cpus ${cpus}`, `--memory ${memoryMb}m`, `--memory-swap ${memoryMb}m`],
    ...["--read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges --user 10010:10010"],
    ...Object.entries(variables).map(([variable, value]) => `--env ${quoted(`${variable}=${value}`)}`),
    image,
  ].join(" ");
}

/** As one word of a shell. */
function quoted(text: string): string {
  return /^[\w=./:-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
