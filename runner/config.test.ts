import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseRunnerConfig, type RunnerConfig, RunnerConfigError } from "./config.ts";

const GOOD: RunnerConfig = {
  node: "eu-central-1-0",
  region: "eu-central-1",
  domain: "edge.test",
  data: "/run/edge/data.sock",
  control: "/run/edge/control.sock",
  admin: { host: "127.0.0.1", port: 9901 },
  runDir: "/run/edge",
  releasesDir: "/var/lib/edge/releases",
  cacheDir: "/var/cache/edge",
  stateDir: "/var/lib/edge/state",
  workers: 2,
  privateWorkers: 2,
  workerRssMb: 512,
  isolates: { max: 50, idleMs: 300_000, spare: 2 },
  secretsDir: "/etc/edge/secrets",
  origins: [{ host: "127.0.1.254", port: 9900 }],
  postgres: [{ name: "orders", url: "orders-url", ca: null, tls: null, connections: 8 }],
  redis: [{ name: "sessions", url: "sessions-url", ca: "ca.pem", tls: "verify", prefix: "sessions:" }],
  denied: ["127.0.1.2", "2001:db8::1"],
};

describe("runner.json", () => {
  it("is taken when every key is right", () => assert.deepEqual(parseRunnerConfig(GOOD, "runner.json"), GOOD));

  it("is refused with all wrong keys in one message, each with its value", () => {
    const wrong = {
      ...GOOD,
      isolates: { max: 50, spare: -1 },
      denied: ["example.com"],
      workers: 0,
      admin: { host: "127.0.0.1", port: 70_000 },
      origins: [{ host: "x" }],
      postgres: [...GOOD.postgres, { ...GOOD.postgres[0], connections: 0 }],
      redis: [
        { ...GOOD.redis[0], prefix: "a*" },
        { ...GOOD.redis[0], url: "../x" },
      ],
    };
    assert.throws(
      () => parseRunnerConfig(wrong, "runner.json"),
      (error: Error) => {
        assert.ok(error instanceof RunnerConfigError);
        assert.match(error.message, /workers is 0: give an integer from 1/);
        assert.match(error.message, /isolates\.idleMs is missing/);
        assert.match(error.message, /isolates\.spare is -1: give an integer from 0/);
        assert.match(error.message, /denied is \["example\.com"\]/);
        assert.match(error.message, /admin\.port is 70000/);
        assert.match(error.message, /origins\[0\] is \{"host":"x"\}/);
        assert.match(error.message, /postgres\[1\] is .*"connections":0/);
        assert.match(error.message, /redis\[0\] is .*"prefix":"a\*"[^\n]*\n.*redis\[1\] is /);
        return true;
      },
    );
  });

  it("is refused when a prefix of Redis keys is within another's with the same url", () => {
    const [sessions] = GOOD.redis;
    const two = (url: string) => ({
      ...GOOD,
      redis: [{ ...sessions, name: "a", url, prefix: "sessions:a:" }, sessions],
    });
    assert.doesNotThrow(() => parseRunnerConfig(two("other-url"), "runner.json"));
    assert.throws(
      () => parseRunnerConfig(two("sessions-url"), "runner.json"),
      /redis\[0\]\.prefix is "sessions:a:": give one that does not begin with sessions:, the prefix of sessions/,
    );
  });

  it("is refused when a socket path is longer than the system takes, naming the remedy", () => {
    const long = { ...GOOD, data: `/${"x".repeat(110)}` };
    assert.throws(() => parseRunnerConfig(long, "runner.json"), /data: .*111 bytes.*EDGE_STATE_DIR/);
  });

  it("is refused when it is no object", () =>
    assert.throws(() => parseRunnerConfig(null, "runner.json"), /not a JSON object/));
});
