import * as z from "zod";
import { rawAccountConfig } from "./accountSchema.ts";
import { rawConfig } from "./schema.ts";

/** Files that editors read, by what a stack is; `writeSchema.ts` makes them. */
export const STACK_SCHEMAS = {
  fleet: { file: new URL("./stack.schema.json", import.meta.url), title: "Stack of an edge fleet", config: rawConfig },
  account: {
    file: new URL("./account.schema.json", import.meta.url),
    title: "Stack of what is one per account",
    config: rawAccountConfig,
  },
} as const;
export type StackKind = keyof typeof STACK_SCHEMAS;

/** Text of the JSON Schema of a whole `stacks/Pulumi.<env>.yaml`, made from the definition that the parser uses. */
export function stackSchemaText(kind: StackKind): string {
  const { title, config } = STACK_SCHEMAS[kind];
  const { $schema, $defs, properties, required } = z.toJSONSchema(config as z.ZodType, { io: "input" });
  const keyed = (keys: Record<string, unknown>) =>
    Object.fromEntries(Object.entries(keys).map(([key, value]) => [`edge-fleet:${key}`, value]));
  const schema = {
    $schema,
    title,
    type: "object",
    properties: {
      config: {
        description: "The stack's config. Keys of other packages (`aws:…`) are theirs.",
        type: "object",
        properties: keyed(properties ?? {}),
        patternProperties: { "^(?!edge-fleet:)[^:]+:": true },
        required: (required ?? []).map((key) => `edge-fleet:${key}`),
        additionalProperties: false,
      },
      encryptionsalt: {
        description: "Written by Pulumi: salt of the passphrase that encrypts secrets.",
        type: "string",
      },
      encryptedkey: { description: "Written by Pulumi: key of the secrets provider.", type: "string" },
      secretsprovider: {
        description: "Who encrypts the stack's secrets: `passphrase` or a key service.",
        type: "string",
      },
      environment: { description: "Pulumi ESC environments that the stack imports." },
    },
    required: ["config"],
    additionalProperties: false,
    $defs,
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}
