/** CPU time that this thread has had, ms. isolated-vm's `cpuTime` is no such figure: it goes on while the thread waits for a CPU. */
export function threadCpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

/** CPU time that all other threads of this process have had, ms: those that run isolates, and V8's helpers. */
export function otherThreadsCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000 - threadCpuMs();
}
