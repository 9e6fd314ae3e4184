import { writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { join } from "node:path";
import type { Candidate, Server, Start } from "../candidate.ts";
import { childServers } from "../childServer.ts";
import { PEERS_DIR } from "../peers.ts";
import { COMPATIBILITY_DATE } from "./workerd.ts";

/** node:http with the tiny function's work in it: what there is to win for whoever puts anything between. */
export const plainNode: Candidate = {
  name: "node:http",
  how: "no function, no isolate",
  isMultiTenant: false,
  start: (start) => aProcessPerCpu(start, { program: process.execPath, script: "plainNode.mjs" }),
};

export const seed: Candidate = {
  name: "seed",
  how: "a worker thread per function, a message per request",
  isMultiTenant: true,
  start: (start) => aProcessPerCpu(start, { program: process.execPath, script: "seed.mjs" }),
};

export const deno: Candidate = {
  name: "deno",
  how: "a process for the one function",
  isMultiTenant: false,
  start: (start) =>
    aProcessPerCpu(start, { program: start.peers.deno, args: ["run", "--allow-all"], script: "deno.mjs" }),
};

export const bun: Candidate = {
  name: "bun",
  how: "a process for the one function",
  isMultiTenant: false,
  start: (start) => aProcessPerCpu(start, { program: start.peers.bun, args: ["run"], script: "bun.mjs" }),
};

/** It listens on a port alone, which costs it a little more than the others' sockets. */
export const miniflare: Candidate = {
  name: "miniflare",
  how: "Cloudflare's development server, over TCP",
  isMultiTenant: false,
  async start(start) {
    const { application, cpus, dir, peers } = start;
    const port = await freePort();
    const env = {
      APP: writtenApp(start),
      MINIFLARE: peers.miniflare,
      PORT: `${port}`,
      COMPATIBILITY_DATE,
      HOME: dir,
    };
    const asked = { path: application.pathOf(0), headers: application.headers };
    const args = [serverScript("miniflare.mjs")];
    return childServers([{ program: process.execPath, args, cpus, env, address: { port }, asked }]);
  },
};

/** Writes the application where scripts import it from. */
export function writtenApp({ application, dir }: Pick<Start, "application" | "dir">): string {
  const path = join(dir, "app.mjs");
  writeFileSync(path, application.code);
  return path;
}

function aProcessPerCpu(
  start: Start,
  { program, args = [], script }: { program: string; args?: readonly string[]; script: string },
): Promise<Server> {
  const { application, cpus, dir } = start;
  const app = writtenApp(start);
  const commands = Array.from({ length: Math.max(1, cpus.length) }, (_, index) => {
    const socket = join(dir, `${index}.sock`);
    return {
      program,
      args: [...args, serverScript(script)],
      cpus,
      env: { APP: app, SOCKET: socket, HOME: dir },
      address: { socket },
      asked: { path: application.pathOf(0), headers: application.headers },
    };
  });
  return childServers(commands);
}

function serverScript(name: string): string {
  return join(PEERS_DIR, "servers", name);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
