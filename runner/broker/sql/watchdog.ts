const EVERY_MS = 50;

/**
 * Ends this process when it takes too much memory, or when its parent is gone; beside the main thread, which may be in a statement for good.
 *
 * @param facts process id of the parent, and the most that may be resident, bytes.
 */
export function watchOver(facts: string): void {
  const [parent, maxBytes] = facts.split(" ").map(Number) as [number, number];
  setInterval(() => {
    if (process.ppid !== parent || process.memoryUsage.rss() > maxBytes) process.kill(process.pid, "SIGKILL");
  }, EVERY_MS);
}
