import assert from "node:assert/strict";
import { test } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import { ConfigError } from "./problems.ts";
import { readFleetConfig } from "./read.ts";

const LEGAL = {
  "edge-fleet:target": "local",
  "edge-fleet:domain": "edge.test",
  "edge-fleet:regions": '{"us-east-1":{"default":true,"address":"127.0.1.3"}}',
  "aws:region": "us-east-1",
};

await pulumi.runtime.setMocks(
  { newResource: ({ name, inputs }) => ({ id: name, state: inputs }), call: () => ({}) },
  "edge-fleet",
  "trial",
);

function read(config: Record<string, string>, secretKeys: string[] = []) {
  pulumi.runtime.setAllConfig({ ...LEGAL, ...config }, secretKeys);
  return readFleetConfig(["hello"]);
}

test("reads text and JSON of the stack's namespace and leaves other packages' keys alone", () => {
  const config = read({ "edge-fleet:size": '{"workers":2}' });
  assert.equal(config.name, "trial");
  assert.equal(config.domain, "edge.test");
  assert.equal(config.size.workers, 2);
  assert.deepEqual(
    config.regions.map(({ name }) => name),
    ["us-east-1"],
  );
});

test("an unknown key of the namespace is refused", () => {
  assert.throws(() => read({ "edge-fleet:domian": "x" }), /edge-fleet:domian = "x"\n {4}is not a known key/);
});

test("text where a map belongs, and broken JSON, are problems of their key", () => {
  assert.throws(
    () => read({ "edge-fleet:size": "big", "edge-fleet:regions": '{"us-east-1":' }),
    (error: unknown) => {
      assert.ok(error instanceof ConfigError);
      assert.deepEqual(
        error.problems.map(({ key, problem }) => `${key} ${problem}`),
        ["edge-fleet:regions is not a map of keys", "edge-fleet:size is not a map of keys"],
      );
      return true;
    },
  );
});

test("a secret value is refused and not shown", () => {
  assert.throws(
    () => read({ "edge-fleet:functions": '{"hello":{"env":{"TOKEN":"hunter2"}}}' }, ["edge-fleet:functions"]),
    (error: Error) => /edge-fleet:functions\n {4}is a secret/.test(error.message) && !error.message.includes("hunter2"),
  );
});
