import { LIMITS } from "../limits.ts";
import { PAGE_BYTES } from "../wasm/rules.ts";

/** Heaps of processes that hold no tenant code: small, three regions share one machine locally. */
const NODE_ARGS = ["--no-warnings", "--max-semi-space-size=2"];

/**
 * Its heap is what requests leave: with room for more of them at a time its collector takes half as long. The little that stays is
 * marked on its own thread: threads beside it cost up to as much CPU time as half of a request.
 */
export const ROUTER_ARGS = [
  "--no-warnings",
  "--max-semi-space-size=8",
  "--max-old-space-size=512",
  "--no-concurrent-marking",
];
export const BROKER_ARGS = [...NODE_ARGS, "--max-old-space-size=512"];
/** No module of any function has a memory above the largest heap that one may have: a second bound, should the first have a hole. */
const WASM_PAGES_MAX = (LIMITS.heapMb.ceiling * 1024 * 1024) / PAGE_BYTES;
/**
 * When V8 compiles a function for speed. By default it waits for hundreds of calls with steady types, which each tenant's isolate makes for
 * itself: with fifty of them the first hundreds of requests cost three times as much as those after.
 */
const EARLY_COMPILATION = ["--invocation-count-for-maglev=40", "--minimum-invocations-after-ic-update=50"];
export const WORKER_ARGS = [
  ...NODE_ARGS,
  ...EARLY_COMPILATION,
  "--max-old-space-size=256",
  "--no-node-snapshot",
  `--wasm-max-mem-pages=${WASM_PAGES_MAX}`,
];
