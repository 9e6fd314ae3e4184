import type { AgentConfig } from "./config.ts";

/** What the agent of a test has nothing to do with, unless the test is about it. */
export const BARE_AGENT = {
  releaseKeys: null,
  releaseSigner: null,
  admin: { host: "127.0.0.1", port: 0 },
  certificates: null,
  farm: null,
  machine: null,
  cache: null,
  door: null,
  secrets: null,
} as const satisfies Partial<AgentConfig>;
