import type { CpuWatch } from "./cpuWatch.ts";
import type { DispatchMode } from "./dispatchMode.ts";
import type { LoadedSource } from "./functionLoader.ts";
import type { HoldUps } from "./holdUps.ts";
import type { PlatformIsolate } from "./platformIsolate.ts";
import type { SandboxEvents } from "./sandbox.ts";
import type { Turn } from "./turn.ts";

/** What the sandboxes of one worker share. */
export interface SandboxHost {
  readonly watch: CpuWatch;
  readonly turn: Turn;
  readonly holdUps: HoldUps;
}

/** What one sandbox is made with. */
export interface SandboxParts extends LoadedSource {
  readonly host: SandboxHost;
  /** The history of this function version, longer than one isolate's. */
  readonly mode: DispatchMode;
  readonly events: SandboxEvents;
  takeIsolate(): Promise<PlatformIsolate>;
  /** Called once, when the sandbox has given its isolate up. */
  released(): void;
}
