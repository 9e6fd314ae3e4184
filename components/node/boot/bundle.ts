import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { PACKAGE_DIR } from "../../packageDir.ts";
import type { BootConfig } from "./bootConfig.ts";
import { machineFiles } from "./machineFiles.ts";
import { NODE_NAME_PLACEHOLDER } from "./nodeName.ts";
import { type ArchiveFile, tar } from "./tar.ts";
import { READY_SECONDS, units } from "./units.ts";

/** Of Docker's key for its Debian and Ubuntu archives, as Docker's own instructions print it (github.com/docker/docs, engine/install). */
const DOCKER_KEY = "9DC858229FC7DD38854AE2D88D81803C0EBFCD88";
/** How often a machine looks whether it is to end, and whether its containers are well. */
const LOOK_SECONDS = 5;
/** Of the two minutes that a Spot machine has: its services need up to a minute to end. */
const SPOT_DRAIN_SECONDS = 45;
/** A group waits for a hook's whole time after each. */
const HEARTBEAT_SECONDS = 60;

const SCRIPTS_DIR = join(import.meta.dirname, "scripts");

export interface NodeBundle {
  readonly bytes: Buffer;
  /** By which machines ask for it. */
  readonly sha256: string;
}

/** All that makes a node of a machine, but user data: what `renderContainerNode` gave, and what the machine itself is told. */
export function nodeBundle(boot: Omit<BootConfig, "bundle">, nodeFiles: Readonly<Record<string, string>>): NodeBundle {
  const bytes = tar(bundleFiles(boot, nodeFiles));
  return { bytes, sha256: createHash("sha256").update(bytes).digest("hex") };
}

/** The files of a bundle, by path. */
export function bundleFiles(
  boot: Omit<BootConfig, "bundle">,
  nodeFiles: Readonly<Record<string, string>>,
): Record<string, ArchiveFile> {
  const plain = {
    ...nodeFiles,
    "seccomp.json": readFileSync(join(PACKAGE_DIR, "runner/seccomp.json"), "utf8"),
    "boot/boot.env": bootEnv(boot),
    ...below("system", { ...machineFiles(boot), ...units() }),
  };
  const scripts = readdirSync(SCRIPTS_DIR).map((name) => [`boot/${name}`, script(name)] as const);
  return {
    ...Object.fromEntries(Object.entries(plain).map(([path, text]) => [path, { text, isExecutable: false }])),
    ...Object.fromEntries(scripts.map(([path, text]) => [path, { text, isExecutable: text.startsWith("#!") }])),
  };
}

/** One of the machine's scripts. */
export function script(name: string): string {
  return readFileSync(join(SCRIPTS_DIR, name), "utf8");
}

function bootEnv({ region, scalingGroup, httpPort, drainSeconds }: Omit<BootConfig, "bundle">): string {
  const values = {
    EDGE_REGION: region,
    EDGE_GROUP: scalingGroup ?? "",
    EDGE_HTTP_PORT: httpPort,
    EDGE_DRAIN_SECONDS: drainSeconds,
    EDGE_SPOT_DRAIN_SECONDS: Math.min(drainSeconds, SPOT_DRAIN_SECONDS),
    EDGE_HEARTBEAT_SECONDS: HEARTBEAT_SECONDS,
    EDGE_READY_SECONDS: READY_SECONDS,
    EDGE_LOOK_SECONDS: LOOK_SECONDS,
    EDGE_DOCKER_KEY: DOCKER_KEY,
    EDGE_NAME_PLACEHOLDER: NODE_NAME_PLACEHOLDER,
  };
  return Object.entries(values)
    .map(([name, value]) => `${name}='${value}'\n`)
    .join("");
}

function below(folder: string, files: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(files).map(([path, text]) => [`${folder}/${path}`, text]));
}
