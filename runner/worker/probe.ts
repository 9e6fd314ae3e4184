import type { FunctionSource } from "../protocol/messages.ts";
import { HostWork } from "./hostWork/hostWork.ts";
import type { RuntimePort } from "./runtimePort.ts";
import { StartError } from "./sandbox.ts";

/** Time of a start that no request asked for, the wait for a place among the isolates included, ms. */
const TRIAL_WALL_MS = 20_000;

/** Starts a function version in an isolate of its own and ends that again. @throws StartError */
export async function probeStart({ name, version, limits }: FunctionSource, port: RuntimePort): Promise<void> {
  const nobody = { usedMs: () => undefined, charge: () => {}, done: () => {}, failed: () => {} };
  const host = new HostWork({ queue: port.jobs, limits, ...nobody });
  const sandbox = port.newSandbox(
    {
      message: () => {},
      lost: () => {},
      overCpu: () => {},
      host,
      stuck: () => port.stuck(`${name}@${version} could not be stopped while it started`),
    },
    { isTrial: true },
  );
  try {
    await endsInTime(sandbox.start());
  } finally {
    sandbox.dispose();
  }
}

/** @throws StartError when the start takes too long; it may go on. */
export async function endsInTime(start: Promise<void>): Promise<void> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () =>
      late.reject(new StartError(`the worker had no place for it, or it did not start, within ${TRIAL_WALL_MS} ms`)),
    TRIAL_WALL_MS,
  ).unref();
  try {
    await Promise.race([start, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
