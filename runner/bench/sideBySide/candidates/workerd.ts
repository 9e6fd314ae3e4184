import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { tenantPath } from "../application.ts";
import type { Candidate, Server, Start } from "../candidate.ts";
import { childServers } from "../childServer.ts";
import { writtenApp } from "./scripts.ts";

/** Of the workerd that `peers/package.json` names. */
export const COMPATIBILITY_DATE = "2026-07-01";

/** Gives each request to its tenant's service, by the first part of the path. */
const FRONT = `
export default {
  fetch(request, env) {
    const { url } = request;
    const from = url.indexOf("/", 8) + 1;
    return env[url.slice(from, url.indexOf("/", from))].fetch(request);
  },
};`;

/** Loads each tenant's worker when its first request comes. */
const LOADER = `
export default {
  fetch(request, env) {
    const { url } = request;
    const from = url.indexOf("/", 8) + 1;
    const worker = env.LOADER.get(url.slice(from, url.indexOf("/", from)), () => ({
      compatibilityDate: "${COMPATIBILITY_DATE}",
      mainModule: "app.js",
      modules: { "app.js": env.APP },
    }));
    return worker.getEntrypoint().fetch(request);
  },
};`;

/** As many processes as it has CPUs; of many functions each is a service of its own. */
export const workerd: Candidate = {
  name: "workerd",
  how: "a service per function",
  isMultiTenant: true,
  start(start) {
    const tenants = Array.from({ length: start.tenants }, (_, tenant) => tenantPath(tenant).replaceAll("/", ""));
    const services = tenants.map((name) => service(name, "app.mjs"));
    const bindings = tenants.map((name) => `(name = "${name}", service = "${name}")`);
    if (tenants.length === 1) return processes(start, { services, entry: tenants[0] as string });
    writeFileSync(join(start.dir, "front.mjs"), FRONT);
    return processes(start, { services: [...services, service("front", "front.mjs", bindings)], entry: "front" });
  },
};

/** Functions come at run time, which is what a fleet needs; it is experimental in workerd. */
export const workerdLoader: Candidate = {
  name: "workerd-loader",
  how: "its worker loader",
  isMultiTenant: true,
  start(start) {
    writeFileSync(join(start.dir, "loader.mjs"), LOADER);
    const bindings = [`(name = "LOADER", workerLoader = ())`, `(name = "APP", text = embed "app.mjs")`];
    const services = [service("loader", "loader.mjs", [...bindings])];
    return processes(start, { services, entry: "loader", args: ["--experimental"] });
  },
};

function service(name: string, file: string, bindings: readonly string[] = []): string {
  return `(name = "${name}", worker = (
    modules = [(name = "${file}", esModule = embed "${file}")],
    compatibilityDate = "${COMPATIBILITY_DATE}",
    bindings = [${bindings.join(", ")}]
  ))`;
}

function processes(
  start: Start,
  { services, entry, args = [] }: { services: readonly string[]; entry: string; args?: readonly string[] },
): Promise<Server> {
  const { application, cpus, dir, peers } = start;
  writtenApp(start);
  const commands = Array.from({ length: Math.max(1, cpus.length) }, (_, index) => {
    const socket = join(dir, `${index}.sock`);
    const config = join(dir, `${index}.capnp`);
    writeFileSync(
      config,
      `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [${services.join(",\n")}],
  sockets = [(name = "http", address = "unix:${socket}", http = (), service = "${entry}")]
);
`,
    );
    return {
      program: peers.workerd,
      args: ["serve", config, ...args],
      cpus,
      address: { socket },
      asked: { path: application.pathOf(0), headers: application.headers },
    };
  });
  return childServers(commands);
}
