import type { Link } from "../protocol/link.ts";
import type { Frame } from "../protocol/messages.ts";
import { Compiler } from "./compile.ts";

/** Answers the router's `compile` frames, one at a time. */
export function serveCompiler(
  link: Pick<Link, "send" | "flush">,
  snapshot: Uint8Array | undefined,
): (frame: Frame) => void {
  const compiler = new Compiler(snapshot);
  return (frame) => {
    if (frame.kind !== "compile") return;
    try {
      const { script, cache } = compiler.compile(frame.body.toString("utf8"));
      const text = Buffer.from(script, "utf8");
      link.send("compiled", frame.id, { scriptBytes: text.length }, Buffer.concat([text, cache]));
    } catch (error) {
      link.send("notCompiled", frame.id, { reason: (error as Error).message });
    }
    link.flush();
  };
}
