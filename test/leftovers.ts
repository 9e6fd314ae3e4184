import fs from "node:fs";

/** Command lines of processes that have `text` in theirs, or their working folder below it. */
export function processesOf(text: string): string[] {
  return fs.readdirSync("/proc").flatMap((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return [];
    try {
      const command = fs.readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
      const cwd = fs.readlinkSync(`/proc/${pid}/cwd`);
      return command.includes(text) || cwd.startsWith(text) ? [`${pid}: ${command}`] : [];
    } catch {
      return [];
    }
  });
}

/** Listening TCP sockets and UDP sockets on addresses that start with `prefix`, as `127.0.21.1:8443`. */
export function listenersOn(prefix: string): string[] {
  const LISTEN = "0A";
  return ["tcp", "udp"].flatMap((protocol) =>
    fs
      .readFileSync(`/proc/net/${protocol}`, "utf8")
      .split("\n")
      .slice(1)
      .flatMap((line) => {
        const [, local = "", , state] = line.trim().split(/\s+/);
        if (protocol === "tcp" && state !== LISTEN) return [];
        const [address = "", port = ""] = local.split(":");
        const dotted = (address.match(/../g) ?? [])
          .reverse()
          .map((byte) => Number.parseInt(byte, 16))
          .join(".");
        return dotted.startsWith(prefix) ? [`${protocol} ${dotted}:${Number.parseInt(port, 16)}`] : [];
      }),
  );
}
