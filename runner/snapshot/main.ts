import { text } from "node:stream/consumers";
import ivm from "isolated-vm";
import { BOOT_GLOBAL } from "../worker/isolatePort.ts";

/**
 * Makes the snapshot of the platform, from stdin to stdout, in a process of its own: V8 takes a process down that asks for
 * one which cannot be. Run with `--no-lazy`, so that the platform's functions are in it compiled.
 */
const script = await text(process.stdin);
const copy = ivm.Isolate.createSnapshot([{ code: script, filename: "edge:platform" }]);
const bytes = new Uint8Array(copy.copy());
// What cannot be started from has to end this process, not every worker.
const isolate = new ivm.Isolate({ snapshot: copy });
const context = await isolate.createContext();
if ((await context.eval(`typeof ${BOOT_GLOBAL}`)) !== "function")
  throw new Error("the platform is not in the snapshot");
isolate.dispose();
process.stdout.write(bytes);
