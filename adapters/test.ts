let given: unknown = {};

/**
 * What the function whose test this is has in `env`: variables, secrets and real bindings. In tests that `edge test` runs; empty
 * elsewhere. `Env` as for `EdgeFunction`.
 */
export function testEnv<Env = Readonly<Record<string, unknown>>>(): Env {
  return given as Env;
}

/** For whoever runs tests: what {@link testEnv} gives from now on. */
export function giveTestEnv(env: unknown): void {
  given = env;
}
