import { spawn } from "node:child_process";

/** Keeps so many processes busy, which adds as much to the machine's load; they end when told, and by themselves after their time. */
export function burnCpu(count: number, longestMs: number): Disposable {
  const code = `const end = performance.now() + ${longestMs}; while (performance.now() < end);`;
  const children = Array.from({ length: count }, () => spawn(process.execPath, ["-e", code], { stdio: "ignore" }));
  return {
    [Symbol.dispose]() {
      for (const child of children) child.kill("SIGKILL");
    },
  };
}
