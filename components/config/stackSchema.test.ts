import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { parse } from "yaml";
import * as z from "zod";
import { STACK_SCHEMAS, type StackKind, stackSchemaText } from "./stackSchema.ts";

const STACKS = new URL("../../stacks/", import.meta.url);
const stackFiles = readdirSync(STACKS).filter((name) => /^Pulumi\..*\.yaml$/.test(name));

interface Described {
  readonly $ref?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Described>>;
}

const KINDS = Object.keys(STACK_SCHEMAS) as StackKind[];

test("the committed schemas are what the definitions give; `npm run schema` writes them", () => {
  for (const kind of KINDS) assert.equal(readFileSync(STACK_SCHEMAS[kind].file, "utf8"), stackSchemaText(kind));
});

test("every key that a person can write is described", () => {
  const { properties, $defs } = JSON.parse(stackSchemaText("fleet"));
  const visit = (path: string, schema: Described) => {
    for (const [key, child] of Object.entries(schema.properties ?? {})) {
      assert.ok(child.description, `${path}${key}`);
      visit(`${path}${key}.`, child);
    }
  };
  visit("", properties.config);
  visit("", JSON.parse(stackSchemaText("account")).properties.config);
  visit("region.", $defs.region);
  visit("function.", properties.config.properties["edge-fleet:functions"].additionalProperties);
});

test("every stack of the project fits the schema and names it for editors", () => {
  assert.ok(stackFiles.includes("Pulumi.local.yaml"));
  for (const name of stackFiles) {
    const text = readFileSync(new URL(name, STACKS), "utf8");
    const named = /^# yaml-language-server: \$schema=\.\.\/components\/config\/(\S+)\n/.exec(text)?.[1];
    const kind = KINDS.find((kind) => STACK_SCHEMAS[kind].file.pathname.endsWith(`/${named}`));
    assert.ok(kind !== undefined, name);
    const schema = z.fromJSONSchema(JSON.parse(stackSchemaText(kind)));
    assert.deepEqual(schema.safeParse(parse(text)).error?.issues, undefined, name);
  }
});

test("the schema refuses what the parser refuses by shape", () => {
  const schema = z.fromJSONSchema(JSON.parse(stackSchemaText("fleet")));
  const stack = (change: object) => ({
    config: { "edge-fleet:target": "local", "edge-fleet:domain": "edge.test", "edge-fleet:regions": {}, ...change },
  });
  assert.equal(schema.safeParse(stack({ "aws:region": "us-east-1" })).success, true);
  assert.equal(schema.safeParse({ ...stack({}), encryptionsalt: "v1:x" }).success, true);
  for (const change of [
    { "edge-fleet:domian": "x" },
    { "edge-fleet:target": "gcp" },
    { "edge-fleet:regions": { "eu-west-9": {} } },
    { "edge-fleet:size": { workers: 0 } },
    { "edge-fleet:domain": undefined },
  ]) {
    assert.equal(schema.safeParse(stack(change)).success, false, JSON.stringify(change));
  }
});
