import { globSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { build } from "esbuild";

const CASES_DIR = join(import.meta.dirname, "cases");
const META = /^\/\/ META: (\w+)=(.*)$/gm;

/** A file of cases for one interface, as a function that runs them. */
export interface CaseFile {
  /** Below `cases/`. */
  readonly path: string;
  /** The interface: the file's name up to its first dot. */
  readonly api: string;
  /** Code of the function; it answers with its results in JSON. */
  code(): Promise<string>;
}

export function caseFiles(): CaseFile[] {
  const paths = globSync("**/*.any.js", { cwd: CASES_DIR }).sort();
  return paths.map((path) => ({
    path,
    api: basename(path).split(".")[0] as string,
    code: () => functionCode(CASES_DIR, path),
  }));
}

/** `// META: script=`, `title=`, `timeout=long` mean what they mean in the public tests; `resource=` names a file that cases may fetch. */
export async function functionCode(root: string, path: string): Promise<string> {
  const dir = join(root, dirname(path));
  const text = readFileSync(join(root, path), "utf8");
  const meta = [...text.matchAll(META)].map(([, key = "", value = ""]) => ({ key, value }));
  const values = (wanted: string) => meta.filter(({ key }) => key === wanted).map(({ value }) => value);
  const read = (name: string) => readFileSync(name.startsWith("/") ? join(root, name) : join(dir, name), "utf8");
  const facts = {
    title: values("title")[0] ?? path,
    isLong: values("timeout").includes("long"),
    resources: Object.fromEntries(values("resource").map((name) => [name, read(name)])),
  };
  const body = [...values("script").map(read), text].join("\n");
  const contents = `import { runCases } from "./testharness.js";
const facts = ${JSON.stringify(facts)};
const cases = async (fetch) => {
${body}
};
export default { async fetch(request, env) { globalThis.env = env; return Response.json(await runCases(cases, facts)); } };`;
  const result = await build({
    stdin: { contents, resolveDir: join(import.meta.dirname, "harness"), sourcefile: path, loader: "js" },
    bundle: true,
    write: false,
    format: "esm",
    target: "esnext",
    logLevel: "silent",
  });
  return result.outputFiles[0]?.text as string;
}
