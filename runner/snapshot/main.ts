import { text } from "node:stream/consumers";
import ivm from "isolated-vm";
import { BOOT_GLOBAL } from "../worker/isolatePort.ts";

/** Where a snapshot says whether the isolates made from it choose new seeds for their hash tables. */
const REHASHABLE = { at: 4, yes: 1 };

/**
 * Makes the snapshot of the platform, from stdin to stdout, in a process of its own: V8 takes a process down that asks for
 * one which cannot be.
 */
const script = await text(process.stdin);
const copy = ivm.Isolate.createSnapshot([{ code: script, filename: "edge:platform" }]);
const bytes = new Uint8Array(copy.copy());
// Else whoever knows the seed could choose keys that all fall into one place of every function's tables.
if (new DataView(bytes.buffer).getUint32(REHASHABLE.at, true) !== REHASHABLE.yes)
  throw new Error("isolates of this snapshot would share a hash seed");
// What cannot be started from has to end this process, not every worker.
const isolate = new ivm.Isolate({ snapshot: copy });
const context = await isolate.createContext();
if ((await context.eval(`typeof ${BOOT_GLOBAL}`)) !== "function")
  throw new Error("the platform is not in the snapshot");
isolate.dispose();
process.stdout.write(bytes);
