/** What is used of the package http-cache-tests, which has no types. */
declare module "http-cache-tests/tests/index.mjs" {
  const groups: import("./groups.ts").Group[];
  export default groups;
}
declare module "http-cache-tests/tests/surrogate-control.mjs" {
  const group: import("./groups.ts").Group;
  export default group;
}
declare module "http-cache-tests/client/runner.mjs" {
  export function runTests(
    groups: readonly import("./groups.ts").Group[],
    fetch: unknown,
    isBrowser: boolean,
    base: string,
  ): Promise<void>;
  export function getResults(): import("./groups.ts").Results;
}
declare module "http-cache-tests/server/handle-config.mjs" {
  const handle: import("./groups.ts").Handler;
  export default handle;
}
declare module "http-cache-tests/server/handle-state.mjs" {
  const handle: import("./groups.ts").Handler;
  export default handle;
}
declare module "http-cache-tests/server/handle-test.mjs" {
  const handle: import("./groups.ts").Handler;
  export default handle;
}
