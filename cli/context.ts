import type { ReleaseStore } from "@edge-fleet/runner/release/store";
import type { Ack } from "@edge-fleet/runner/release/types";
import { choose } from "../components/config/explain.ts";
import type { Machine } from "./aws/machines.ts";
import { type Environment, openEnvironmentStore, readEnvironment, readNodes } from "./environment.ts";
import { UsageError } from "./errors.ts";
import { makeOutput, type Output } from "./output.ts";
import { makeProgress, type Progress } from "./progress.ts";
import { findProject } from "./project.ts";
import { confirm } from "./prompts.ts";

/** What a command has to work with. All of it is read when it is asked for. */
export interface Context {
  /** Folder of the project, with `functions/` and `stacks/`. */
  readonly projectDir: string;
  /** Name of the stack: `--env`, default `local`. */
  readonly stack: string;
  readonly out: Output;
  /** Aborted by Ctrl-C and by signals: what runs without end stops by it. */
  readonly signal: AbortSignal;
  /** The stack's config and folders. @throws ConfigError, UsageError */
  environment(): Environment;
  /** The stack's release store. @throws CommandError */
  openStore(): Promise<ReleaseStore>;
  /** What the nodes last told the store, sorted by region and name; in AWS, of the machines that are there. */
  nodes(): Promise<readonly Ack[]>;
  /** Machines of a fleet in AWS, as they were at the first call; null of other fleets. @throws CommandError */
  machines(): Promise<readonly Machine[] | null>;
  /** Asks, unless `--yes` was given. Where the answer is no the command ends with nothing done. */
  confirm(question: string): Promise<boolean>;
  /** A line for each region that says how far it is; nothing with `--json`. */
  progress(names: readonly string[]): Progress;
  /** `name` if it is among `known`. @throws UsageError naming the nearest, and all */
  oneOf(what: string, name: string, known: readonly string[]): string;
}

export interface CommonOptions {
  readonly env: string;
  readonly json: boolean;
  readonly yes: boolean;
}

export function makeContext({ env, json, yes }: CommonOptions, signal: AbortSignal): Context {
  const project = once(() => findProject(process.cwd()));
  const environment = once(() => readEnvironment(project(), env));
  const store = once(() => openEnvironmentStore(environment()));
  const out = makeOutput(json);
  const machines = once(async () => {
    const { config } = environment();
    if (config.aws === null) return null;
    const { fleetMachines } = await import("./aws/machines.ts");
    return fleetMachines(config, signal);
  });
  return {
    get projectDir() {
      return project();
    },
    stack: env,
    out,
    signal,
    environment,
    openStore: store,
    nodes: async () => {
      const [acks, present] = [await readNodes(await store()), await machines()];
      return present === null ? acks : acks.filter(({ node }) => present.some((machine) => machine.node === node));
    },
    machines,
    confirm: (question) => confirm(question, { yes }),
    progress: (names) => makeProgress(names, { isQuiet: json }),
    oneOf: (what, name, known) => {
      if (known.includes(name)) return name;
      const remedy = known.length === 0 ? "There is none." : choose(name, known);
      throw new UsageError(`there is no ${what} "${name}". ${remedy}`);
    },
  };
}

/** Made at the first call, and kept. */
function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
