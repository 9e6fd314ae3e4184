import type { CommandSpec } from "./command.ts";

/** Headings of the commands in help and documentation, in their order. */
export const GROUPS = {
  write: "Write functions",
  release: "Change what is live",
  watch: "Watch the fleet",
  other: "Others",
} as const;

interface Entry {
  readonly group: keyof typeof GROUPS;
  readonly load: () => Promise<CommandSpec>;
}

/** Every command. One that runs loads no other. */
export const COMMANDS: Readonly<Record<string, Entry>> = {
  init: { group: "write", load: async () => (await import("./commands/init.ts")).init },
  dev: { group: "write", load: async () => (await import("./commands/dev.ts")).dev },
  deploy: { group: "release", load: async () => (await import("./commands/deploy.ts")).deploy },
  rollback: { group: "release", load: async () => (await import("./commands/rollback.ts")).rollback },
  promote: { group: "release", load: async () => (await import("./commands/promote.ts")).promote },
  disable: { group: "release", load: async () => (await import("./commands/disable.ts")).disable },
  enable: { group: "release", load: async () => (await import("./commands/enable.ts")).enable },
  gc: { group: "other", load: async () => (await import("./commands/gc.ts")).gc },
  secrets: { group: "release", load: async () => (await import("./commands/secrets.ts")).secrets },
  purge: { group: "release", load: async () => (await import("./commands/purge.ts")).purge },
  preview: { group: "release", load: async () => (await import("./commands/preview.ts")).preview },
  list: { group: "release", load: async () => (await import("./commands/list.ts")).list },
  show: { group: "release", load: async () => (await import("./commands/show.ts")).show },
  diff: { group: "release", load: async () => (await import("./commands/diff.ts")).diff },
  "bump-images": { group: "other", load: async () => (await import("./commands/bumpImages.ts")).bumpImages },
  "bump-ami": { group: "other", load: async () => (await import("./commands/bumpAmi.ts")).bumpAmi },
  test: { group: "write", load: async () => (await import("./commands/test.ts")).test },
  types: { group: "write", load: async () => (await import("./commands/types.ts")).types },
  status: { group: "watch", load: async () => (await import("./commands/status.ts")).status },
  stats: { group: "watch", load: async () => (await import("./commands/stats.ts")).stats },
  logs: { group: "watch", load: async () => (await import("./commands/logs.ts")).logs },
  probe: { group: "watch", load: async () => (await import("./commands/probe.ts")).probe },
  cost: { group: "other", load: async () => (await import("./commands/cost.ts")).cost },
  completion: { group: "other", load: async () => (await import("./commands/completion.ts")).completion },
};

/** All commands by name, in the order of {@link COMMANDS}. */
export async function loadAll(): Promise<ReadonlyMap<string, CommandSpec>> {
  return new Map(
    await Promise.all(Object.entries(COMMANDS).map(async ([name, { load }]) => [name, await load()] as const)),
  );
}
