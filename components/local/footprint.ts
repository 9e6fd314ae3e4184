import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import { managerStatus } from "./manager/client.ts";
import { isAlive, readRecords } from "./manager/processes.ts";
import { managerPaths } from "./manager/spec.ts";
import { secretProblem } from "./secretProblem.ts";
import { programPath } from "./services.ts";
import { nodeDir, socketPathProblem } from "./stateDir.ts";

/** What a node takes of the machine. */
export interface Footprint {
  readonly name: string;
  readonly address: string;
  /** Port by the config key that sets it. */
  readonly ports: Readonly<Record<string, number>>;
  readonly programs: readonly string[];
  /** Secret by the config key that names it. Default: none. */
  readonly secrets?: Readonly<Record<string, string>>;
}

/** Logs, caches and Prometheus' samples of a day, with room; less than this and a node would stop half-way. */
const FREE_BYTES_FLOOR = 256 * 1024 * 1024;

/** Everything that would stop this node from starting, each with its remedy; `before` is what the same node holds already. */
export async function footprintProblems(root: string, wanted: Footprint, before: Footprint | null): Promise<string[]> {
  const dir = nodeDir(root, wanted.name);
  const problems = [socketPathProblem(root, wanted.name), ...wanted.programs.map(programProblem)];
  for (const [key, secret] of Object.entries(wanted.secrets ?? {}))
    problems.push(await secretProblem(root, secret, { owner: key, what: key }));
  if (before === null) problems.push(spaceProblem(root));
  // What runs in this node's folder holds the ports itself; it is taken over or ended when the node starts.
  if (before !== null || !(await isOccupied(dir))) {
    for (const [key, port] of Object.entries(wanted.ports)) {
      const own = before !== null && before.address === wanted.address && Object.values(before.ports).includes(port);
      if (!own) problems.push(await portProblem(key, wanted.address, port));
    }
  }
  return problems.filter((problem) => problem !== null);
}

function programProblem(program: string): string | null {
  const found = programPath().some((dir) => isExecutable(path.join(dir, program)));
  return found ? null : `The program ${program} is not on this machine. Run \`npm run setup\`, which installs it.`;
}

function isExecutable(file: string): boolean {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}

function spaceProblem(root: string): string | null {
  const existing = closestExisting(root);
  const { bavail, bsize } = fs.statfsSync(existing);
  const free = bavail * bsize;
  if (free >= FREE_BYTES_FLOOR) return null;
  return (
    `The state folder ${root} has ${megabytes(free)} MB free, ${megabytes(FREE_BYTES_FLOOR)} MB are needed. ` +
    "Make room, or set EDGE_STATE_DIR to a folder on another disk."
  );
}

function closestExisting(dir: string): string {
  return fs.existsSync(dir) ? dir : closestExisting(path.dirname(dir));
}

function megabytes(bytes: number): number {
  return Math.floor(bytes / 1024 / 1024);
}

async function isOccupied(dir: string): Promise<boolean> {
  return (await managerStatus(dir)) !== null || readRecords(managerPaths(dir).processesFile).some(isAlive);
}

function portProblem(key: string, address: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.on("error", (error: NodeJS.ErrnoException) => resolve(bindProblem(error, key, address, port)));
    server.listen({ host: address, port, exclusive: true }, () => server.close(() => resolve(null)));
  });
}

function bindProblem(error: NodeJS.ErrnoException, key: string, address: string, port: number): string {
  switch (error.code) {
    case "EADDRINUSE":
      return (
        `${address}:${port} is taken by another program (see \`ss -ltnp 'sport = :${port}'\`). ` +
        `End that program, or set ${key} to a free port. ` +
        "An address that moves from one region of a fleet to another is given up in one `up` and taken in the next."
      );
    case "EADDRNOTAVAIL":
      return `This machine has no address ${address}. On macOS: sudo ifconfig lo0 alias ${address}`;
    case "EACCES":
      return `${address}:${port} needs more rights than this user has. Set ${key} to a port above 1023.`;
    default:
      return `${address}:${port} cannot be bound: ${error.message}. Set ${key} to another port.`;
  }
}
