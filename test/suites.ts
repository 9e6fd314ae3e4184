interface Suite {
  readonly files: readonly string[];
  readonly exclude?: readonly string[];
  /** Test files at once: more than one only where they share neither ports nor processor-bound deadlines. */
  readonly concurrency: number;
  /** It measures time or memory: `npm test` runs no other suite beside it. */
  readonly isAlone?: true;
  /** It runs by its own script alone: `npm test` would take too long with it. */
  readonly isApart?: true;
}

/** Every suite of the project, in the order in which `npm test` runs those that are not apart; each is also `npm run test:<name>`. */
export const SUITES: Readonly<Record<string, Suite>> = {
  unit: {
    files: ["{adapters,cli,components,runner,functions,tools,test}/**/*.test.{ts,mjs}"],
    exclude: [
      "**/node_modules/**",
      "runner/*.test.ts",
      "test/{release,plan,fleet,commands,runner,attacks,containers,webPlatform,bindings,apps,functions,node,cache,hostileHttp,cli}/**",
    ],
    // Many wait for a clock most of the time.
    concurrency: 3,
  },
  /** The runner as a whole, as its own process tree. */
  runner: { files: ["runner/*.test.ts"], concurrency: 1 },
  /** The runner over time: floods, kills, deploys and large releases under load, and a clock that jumps. */
  endurance: { files: ["test/runner/*.test.ts"], concurrency: 1, isAlone: true },
  /** Packages from npm, unchanged, as functions. */
  apps: { files: ["test/apps/*.test.ts"], concurrency: 1 },
  /** The ready functions, each with the config of its README. */
  functions: { files: ["test/functions/*.test.ts"], concurrency: 1 },
  /** What functions find in an isolate, by the standards' own texts. */
  "web-platform": { files: ["test/webPlatform/*.test.ts"], concurrency: 1 },
  /** Stores of the node and other functions, as functions have them in `env`. */
  bindings: { files: ["test/bindings/*.test.ts"], concurrency: 1 },
  /** What hostile functions and clients do to their neighbours. */
  attacks: { files: ["test/attacks/*.test.ts"], concurrency: 1, isAlone: true },
  /** The `edge` command as people run it. */
  cli: { files: ["test/cli/*.test.ts"], concurrency: 2 },
  /** A node as it is rendered, with real programs: what HAProxy does before the runner. */
  node: { files: ["test/node/*.test.ts"], concurrency: 1 },
  /** What hostile clients do to a node's HTTP: suites of others, smuggled requests, slow clients, floods. */
  "hostile-http": { files: ["test/hostileHttp/*.test.ts"], concurrency: 1, isApart: true },
  /** What the node's Varnish does, by varnishtest and by what HTTP says of caches. */
  cache: { files: ["test/cache/*.test.ts"], concurrency: 1 },
  /** The release protocol where it spans parts: a store in S3 that fails in all ways, secrets that change. */
  release: { files: ["test/release/*.test.ts"], concurrency: 2 },
  /** A node in containers, under a real container engine. */
  containers: { files: ["test/containers/*.test.ts"], concurrency: 1 },
  /** Fleets in the cloud under the real engine, with stand-ins in place of the providers' plugins. */
  plan: { files: ["test/plan/*.test.ts"], concurrency: 1, isApart: true },
  /** A running fleet from the outside. */
  fleet: { files: ["test/fleet/*.test.ts"], concurrency: 1, isAlone: true },
  /** `npm start`, `npm stop` and Pulumi's commands in a clone, with a config or a machine that is wrong, too; what the README says. */
  commands: { files: ["test/commands/*.test.ts"], concurrency: 1 },
};
