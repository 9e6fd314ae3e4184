import { openSecretStore } from "@edge-fleet/runner/agent/secrets/openSecretStore";
import { type SecretStore, SecretStoreError } from "@edge-fleet/runner/release/secretStore";
import { defineCommand } from "../command.ts";
import type { Context } from "../context.ts";
import { CommandError, UsageError } from "../errors.ts";
import { table } from "../output.ts";
import { readHidden } from "../prompts.ts";
import { ago } from "../release/times.ts";

const ACTIONS = ["set", "list", "rm"] as const;
type Action = (typeof ACTIONS)[number];

/** `edge secrets` */
export const secrets = defineCommand({
  summary: "set, list and remove secrets; values go in and do not come out",
  description:
    "A value is asked for unseen, or read from standard input: it is in no argument, no history and no log. Nodes give a changed value to functions without a deploy. A function gets a secret by its reference in the stack config: edge-fleet:functions.<name>.secrets.",
  args: {
    action: { summary: `one of ${ACTIONS.join(", ")}`, arity: "required" },
    name: { summary: "name of the secret, for set and rm", arity: "optional" },
  },
  options: {},
  isDestructive: true,
  examples: [
    { line: "secrets set payments-key", meaning: "asks for the value" },
    { line: "secrets set payments-key < key.txt", meaning: "reads it" },
    { line: "secrets list", meaning: "names and references, no values" },
    {
      line: "secrets rm payments-key --yes",
      meaning: "what nodes have of it stays there; new releases cannot name it",
    },
  ],
  async run(context, { args }) {
    const action = context.oneOf("action", args.action, ACTIONS) as Action;
    if ((action === "list") !== (args.name === undefined)) {
      throw new UsageError(action === "list" ? "list takes no name" : `give a name: edge secrets ${action} <name>`);
    }
    const store = await openSecretStore(secretsAddress(context));
    try {
      await ACT[action](context, store, args.name ?? "");
    } catch (error) {
      throw error instanceof SecretStoreError ? new CommandError(error.message, { cause: error }) : error;
    }
  },
});

const ACT: Readonly<Record<Action, (context: Context, store: SecretStore, name: string) => Promise<void>>> = {
  async set({ out }, store, name) {
    const reference = await store.set(name, await readHidden(`Value of ${name}`));
    out.show({ name, reference }, () => `${name} is set. Functions name it ${reference}.`);
  },
  async list({ out }, store) {
    const stored = await store.list();
    const rows = stored.map(({ reference, changedAt }) => [
      reference,
      changedAt === null ? "–" : ago(changedAt.toISOString()),
    ]);
    out.show({ secrets: stored }, () =>
      rows.length === 0 ? `${store.where} has no secret.` : table(["REFERENCE", "CHANGED"], rows),
    );
  },
  async rm({ out, confirm }, store, name) {
    if (
      !(await confirm(
        `Remove the secret ${name} from ${store.where}? What nodes have of it stays; new releases cannot name it.`,
      ))
    ) {
      out.show({ isDeclined: true }, () => "Nothing was removed.");
      return;
    }
    if (!(await store.remove(name))) throw new CommandError(`${store.where} has no secret ${name}`);
    out.show({ name, isRemoved: true }, () => `${name} is removed.`);
  },
};

/** Where the stack's authors put secrets. */
function secretsAddress({ environment }: Context): string {
  return `local:${environment().paths.sealed.folder}`;
}
