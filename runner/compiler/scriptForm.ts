import { MODULES_IMPORT } from "../release/modulesImport.ts";

/** What a bundler ends a module with: one list of what it exports. */
const EXPORT_LIST = /export\s*\{([^{}]*)\}[;\s]*(?:\/\/# sourceMappingURL=\S*\s*)?$/;
const EXPORTED = /^([\p{ID_Start}$_][\p{ID_Continue}$]*)(?:\s+as\s+([\p{ID_Start}$_][\p{ID_Continue}$]*))?$/u;
/** Comments in scripts, operators in modules. */
const HTML_COMMENTS = /<!--|-->/;
/** Own line, so that lines of the module keep their numbers when the script begins at line 0. */
const HEAD = '(function(){"use strict";return async()=>{\n';
/** The same for a module with imports that are no code. */
const HEAD_WITH_IMPORTS = `(function(){"use strict";return async(${MODULES_IMPORT.local})=>{\n`;

/**
 * A module as a script whose value is a function that runs it and gives its exports: isolated-vm takes code caches for scripts
 * only. Undefined for anything but a bundler's output; whether the rest holds together is for the compiler to say: an
 * `import` or a second `export` is a syntax error in a script.
 *
 * @param module must be a valid module: it cannot close what is put around it.
 */
export function scriptForm(module: string): string | undefined {
  const list = EXPORT_LIST.exec(module);
  if (list === null || HTML_COMMENTS.test(module)) return undefined;
  const getters: string[] = [];
  for (const item of (list[1] as string).split(",")) {
    if (item.trim() === "") continue;
    const [, local, exported = local] = EXPORTED.exec(item.trim()) ?? [];
    if (local === undefined) return undefined;
    getters.push(`get ${exported}(){return ${local}}`);
  }
  const hasImports = module.startsWith(MODULES_IMPORT.statement);
  const head = hasImports ? HEAD_WITH_IMPORTS : HEAD;
  const body = module.slice(hasImports ? MODULES_IMPORT.statement.length : 0, list.index);
  return `${head}${body}\nreturn {__proto__:null,${getters.join(",")}}}}).call(undefined)`;
}
