import fs from "node:fs";
import { stateDir, statePaths } from "../components/local/stateDir.ts";
import { PACKAGE_DIR } from "../components/packageDir.ts";
import { askPulumi, LOCAL_STACK } from "./engine.ts";

export interface StackResource {
  readonly type: string;
  readonly outputs?: Readonly<Record<string, unknown>>;
}

interface Deployment {
  readonly resources?: readonly StackResource[];
  readonly pending_operations?: readonly unknown[];
}

const STACK_FILE = `${statePaths(stateDir(PACKAGE_DIR)).pulumi}/.pulumi/stacks/edge-fleet/${LOCAL_STACK}.json`;

export function stackExists(): boolean {
  return fs.existsSync(STACK_FILE);
}

/** What the stack has, read from the backend's file: asking Pulumi costs a second each time. */
export function stackResources(): readonly StackResource[] {
  return deployment().resources ?? [];
}

/** Forgets creations that a killed engine had begun: what they left is found in the state folder and taken over. */
export async function forgetPendingCreates(): Promise<void> {
  if ((deployment().pending_operations ?? []).length === 0) return;
  await askPulumi(["refresh", "--yes", "--clear-pending-creates", "--stack", LOCAL_STACK]);
}

function deployment(): Deployment {
  const stack = JSON.parse(fs.readFileSync(STACK_FILE, "utf8")) as { checkpoint: { latest?: Deployment } };
  return stack.checkpoint.latest ?? {};
}
