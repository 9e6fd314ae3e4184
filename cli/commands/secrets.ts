import { type SecretStore, SecretStoreError } from "@edge-fleet/runner/release/secretStore";
import { defineCommand, value } from "../command.ts";
import type { Context } from "../context.ts";
import { CommandError, UsageError } from "../errors.ts";
import { table } from "../output.ts";
import { oneOf } from "../parsers.ts";
import { readHidden } from "../prompts.ts";
import { ago } from "../release/times.ts";
import { openAuthorsStore, SECRET_SERVICES } from "../secrets/authorsStore.ts";

const ACTIONS = ["set", "list", "rm"] as const;
type Action = (typeof ACTIONS)[number];

/** `edge secrets` */
export const secrets = defineCommand({
  summary: "set, list and remove secrets; values go in and do not come out",
  description:
    "A value is asked for unseen, or read from standard input: it is in no argument, no history and no log. Nodes give a changed value to functions without a deploy. A function gets a secret by its reference in the stack config: edge-fleet:functions.<name>.secrets. A local stack's are sealed for it; of a stack in AWS they are below edge-fleet/<stack>, in each of its regions.",
  args: {
    action: { summary: `one of ${ACTIONS.join(", ")}`, arity: "required" },
    name: { summary: "name of the secret, for set and rm", arity: "optional" },
  },
  options: {
    in: value(
      "<service>",
      `of a stack in AWS: one of ${SECRET_SERVICES.join(", ")}; default ${SECRET_SERVICES[0]}`,
      oneOf(SECRET_SERVICES),
    ),
  },
  isDestructive: true,
  examples: [
    { line: "secrets set payments-key", meaning: "asks for the value" },
    { line: "secrets set payments-key < key.txt", meaning: "reads it" },
    { line: "secrets list", meaning: "names and references, no values" },
    {
      line: "secrets set certificate --in secretsmanager --env prod < chain.pem",
      meaning: "what is longer than 4 KB",
    },
    {
      line: "secrets rm payments-key --yes",
      meaning: "what nodes have of it stays there; new releases cannot name it",
    },
  ],
  async run(context, { args, options }) {
    const action = context.oneOf("action", args.action, ACTIONS) as Action;
    if ((action === "list") !== (args.name === undefined)) {
      throw new UsageError(action === "list" ? "list takes no name" : `give a name: edge secrets ${action} <name>`);
    }
    const store = await openAuthorsStore(context.environment(), options.in);
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
    const rows = stored.map(({ reference, changedAt, regions }) => [
      reference,
      changedAt === null ? "–" : ago(changedAt.toISOString()),
      ...(regions === undefined ? [] : [regions.join(", ")]),
    ]);
    const head = ["REFERENCE", "CHANGED", ...(rows[0]?.length === 3 ? ["REGIONS"] : [])];
    out.show({ secrets: stored }, () => (rows.length === 0 ? `${store.where} has no secret.` : table(head, rows)));
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
