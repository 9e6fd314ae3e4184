import fs from "node:fs";
import path from "node:path";
import { PACKAGE_DIR } from "../../../components/packageDir.ts";
import type { Values } from "./rules/ruleParts.ts";
import { RULES } from "./rules/rules.ts";

/** All that the provider, or the cloud behind it, would refuse of a resource's arguments: names that the type has not, values that its documentation excludes. */
export function refusals(type: string, inputs: Values): string[] {
  const { names, required } = argumentsOf(type);
  const given = Object.keys(inputs).filter((name) => !name.startsWith("__"));
  return [
    ...given.filter((name) => !names.has(name)).map((name) => `it has no argument ${name}`),
    ...required.filter((name) => inputs[name] === undefined).map((name) => `${name} is missing`),
    ...(RULES[type] ?? []).flatMap((rule) => rule(inputs) ?? []),
  ];
}

/** Whether the provider has the type in every region by itself: it takes one. */
export function isRegional(type: string): boolean {
  return argumentsOf(type).names.has("region");
}

interface Arguments {
  readonly names: ReadonlySet<string>;
  readonly required: readonly string[];
}

const read = new Map<string, Arguments>();

/** The arguments of `aws:ec2/vpc:Vpc`, from the declarations that the provider's schema is written to. */
function argumentsOf(type: string): Arguments {
  const found = read.get(type);
  if (found !== undefined) return found;
  const [pkg, file, name] = type.split(":") as [string, string, string];
  const declarations = fs.readFileSync(
    path.join(PACKAGE_DIR, "node_modules/@pulumi", pkg, `${file.replace(/^index\//, "")}.d.ts`),
    "utf8",
  );
  const [, body = ""] = declarations.split(`export interface ${name}Args {`);
  const declared = [...(body.split("\n}")[0] as string).matchAll(/^ {4}(\w+)(\??): /gm)];
  const known = {
    names: new Set(declared.map(([, argument]) => argument as string)),
    required: declared.filter(([, , optional]) => optional === "").map(([, argument]) => argument as string),
  };
  read.set(type, known);
  return known;
}
