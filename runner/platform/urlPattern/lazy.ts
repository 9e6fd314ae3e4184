/** Most functions match no patterns: the bundler keeps the class a call away. */
declare const require: (name: "./urlPattern.ts") => typeof import("./urlPattern.ts");

export function urlPatternClass(): object {
  return require("./urlPattern.ts").URLPattern;
}
