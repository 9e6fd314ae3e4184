import type { FunctionSource } from "../protocol/messages.ts";
import type { RuntimePort } from "./runtimePort.ts";

/** Starts a function version in an isolate of its own and ends that again. @throws StartError */
export async function probeStart({ name, version }: FunctionSource, port: RuntimePort): Promise<void> {
  const sandbox = port.newSandbox({
    message: () => {},
    lost: () => {},
    overCpu: () => {},
    compute: () => Number.NaN,
    stuck: () => port.stuck(`${name}@${version} could not be stopped while it started`),
  });
  await sandbox.start();
  sandbox.dispose();
}
