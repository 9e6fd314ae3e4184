import { bundleFunction } from "../../../components/functions/bundle.ts";
import { DEFAULT_LIMITS } from "../../../runner/limits.ts";

/** Code of `functions/<name>.ts` beside this file, bundled as the program bundles functions. */
export async function bundled(name: string): Promise<string> {
  const { modules, bytes } = await bundleFunction(import.meta.dirname, name, DEFAULT_LIMITS);
  const { sha256 } = modules.find(({ type }) => type === "esm") as { sha256: string };
  return Buffer.from(bytes.get(sha256) as Uint8Array).toString();
}
