import { ASSETS, type DeclaredKind } from "@edge-fleet/runner/bindings/kinds";
import type { FunctionConfig } from "../components/config/fleetConfig.ts";

/** Type of a binding by its kind, and the module that has it. */
const BINDING_TYPES: Readonly<Record<DeclaredKind, readonly [type: string, module: string]>> = {
  function: ["FunctionBinding", "@edge-fleet/runner/contract"],
  kv: ["KvNamespace", "@edge-fleet/runner/contract"],
  sql: ["SqlDatabase", "@edge-fleet/runner/contract"],
  redis: ["RedisClient", "@edge-fleet/runner/contract"],
  postgres: ["PostgresBinding", "edge-fleet/postgres"],
};

/**
 * `functions/env.d.ts`: an interface for each function that has something in `env`.
 *
 * @param withAssets functions that have static assets
 */
export function envTypes(stack: string, functions: readonly FunctionConfig[], withAssets: ReadonlySet<string>): string {
  const used = new Map<string, Set<string>>();
  const typeOf = (kind: DeclaredKind) => {
    const [type, module] = BINDING_TYPES[kind];
    used.set(module, (used.get(module) ?? new Set()).add(type));
    return type;
  };
  const interfaces = functions.flatMap((config) => {
    const members = [
      ...Object.keys(config.env).map((name) => [name, "string", "Plain variable."] as const),
      ...Object.entries(config.secrets).map(([name, secret]) => [name, "string", `Secret ${secret}.`] as const),
      ...Object.entries(config.bindings).map(
        ([name, { kind, name: resource }]) => [name, typeOf(kind as DeclaredKind), `${kind} ${resource}.`] as const,
      ),
      ...(withAssets.has(config.name) ? [[ASSETS, typeOf("function"), "Its static assets."] as const] : []),
    ].sort(([a], [b]) => (a < b ? -1 : 1));
    if (members.length === 0) return [];
    const lines = members.map(([name, type, doc]) => `  /** ${doc} */\n  readonly ${name}: ${type};`);
    return [
      `/** \`env\` of functions/${config.name}.ts. */\nexport interface ${typeName(config.name)} {\n${lines.join("\n")}\n}\n`,
    ];
  });
  const imports = [...used].map(
    ([module, types]) => `import type { ${[...types].sort().join(", ")} } from "${module}";\n`,
  );
  const head = `// Written by \`edge types\` from the config of stack ${stack}: what each function has in \`env\`.\n`;
  return `${head}${imports.sort().join("")}\n${interfaces.length === 0 ? "export {};\n" : interfaces.join("\n")}`;
}

/** `ab-test` has the type `AbTestEnv`. */
export function typeName(name: string): string {
  const words = name.split("-").map((word) => `${word[0]?.toUpperCase() ?? ""}${word.slice(1)}`);
  return `${words.join("")}Env`;
}
