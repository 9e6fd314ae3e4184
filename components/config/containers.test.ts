import assert from "node:assert/strict";
import { test } from "node:test";
import { faults, legalAwsConfig, legalConfig, TEST_CONTEXT } from "./legalConfig.ts";
import { parseFleetConfig } from "./parse.ts";

const IMAGE = `ghcr.io/team/resize:1.4@sha256:${"ab".repeat(32)}`;
const containersOf = (functions: Record<string, unknown>, target = "local") =>
  parseFleetConfig(
    target === "local" ? { ...legalConfig(), functions } : { ...legalAwsConfig(), functions },
    TEST_CONTEXT,
  )
    .functions.filter(({ container }) => container !== null)
    .map(({ name, container, routes, limits }) => ({ name, container, routes, concurrency: limits.concurrency }));

test("a function may be an image: with routes and limits as every function, and no file in functions/", () => {
  const resize = { container: { image: IMAGE, cpus: 2 }, routes: ["/images/*"], limits: { concurrency: 8 } };
  const container = { image: IMAGE, port: 8080, cpus: 2, memoryMb: 256, health: null };
  const routes = [{ host: null, methods: [], path: "/images/*", priority: 0 }];
  assert.deepEqual(containersOf({ resize }), [
    { name: "resize", container: { ...container, host: "127.0.0.1" }, routes, concurrency: 8 },
  ]);
  assert.equal(containersOf({ resize }, "aws")[0]?.container?.host, "fn-resize");
});

test("what a container cannot be or have is told", () => {
  assert.deepEqual(
    faults((raw) => {
      raw.functions = {
        api: { container: { image: IMAGE } },
        Resize: { container: { image: IMAGE, port: 9000 } },
        a: { container: { image: "nginx:latest" } },
        b: {
          container: { image: IMAGE, port: 9000, cpus: 0, memoryMb: 1 },
          secrets: { KEY: "key" },
          bindings: { NOTES: { kv: "notes" } },
          egress: { allow: [] },
          isolation: "private",
          schedules: [{ cron: "* * * * *" }],
          passThrough: "https://origin.example.com",
        },
      };
    }),
    [
      "functions.a.container.image: is not an image by its digest",
      "functions.api.container: is beside the code functions/api.ts: a function is one of the two",
      "functions.b.bindings: are not for a container: stores are reached from isolates",
      "functions.b.container.cpus: is below the floor of 0.05",
      "functions.b.container.memoryMb: is below the floor of 16",
      "functions.b.container.port: is also edge-fleet:functions.Resize.container.port; with target local all containers are on one address",
      "functions.b.egress: is not for a container: it reaches nothing but who asks it",
      "functions.b.isolation: is not for a container: it shares no process",
      "functions.b.passThrough: is not for a container: it does not throw",
      "functions.b.schedules: are not for a container: it has no scheduled handler",
      "functions.b.secrets: are not for a container: its env is all that it is given",
      "functions.Resize: is not a function's name",
    ],
  );
});
