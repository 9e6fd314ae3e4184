/**
 * How a bundle gets its modules that are no code: its first line begins with {@link MODULES_IMPORT.statement}, whose one import is a
 * function from a module's name to what an `import` of it gives. The compiler, which makes a script of the bundle, knows it too.
 */
export const MODULES_IMPORT = {
  specifier: "edge:modules",
  local: "edgeModule$",
  statement: 'import edgeModule$ from "edge:modules"; ',
} as const;
