import assert from "node:assert/strict";
import path from "node:path";
import { before, describe, it } from "node:test";
import { DEFAULT_LIMITS } from "@edge-fleet/runner/limits";
import type { FunctionManifest } from "@edge-fleet/runner/release/types";
import * as pulumi from "@pulumi/pulumi";
import { parseFleetConfig } from "./config/parse.ts";
import { EdgeFleet } from "./fleet.ts";

const CONFIG = parseFleetConfig(
  {
    target: "local",
    domain: "edge.test",
    regions: {
      "ap-northeast-1": { continents: ["AS", "OC"], address: "127.0.1.1" },
      "us-east-1": { default: true, address: "127.0.1.2" },
    },
    local: { hubAddress: "127.0.1.254" },
  },
  { stack: "local", functionNames: ["hello"] },
);

const HELLO: FunctionManifest = {
  name: "hello",
  version: "0123456789abcdef",
  entry: "index.mjs",
  modules: [],
  assets: [],
  routes: [{ host: null, methods: [], path: "/hello/*", priority: 0 }],
  limits: DEFAULT_LIMITS,
  env: {},
  secrets: {},
  bindings: {},
  egress: { allow: null },
  isolation: "shared",
  schedules: [],
  passThrough: null,
  regions: [],
};

interface Declared {
  readonly type: string;
  readonly name: string;
  readonly inputs: Record<string, unknown>;
}

const declared: Declared[] = [];

before(async () => {
  await pulumi.runtime.setMocks({
    call: ({ token }) => {
      throw new Error(`a local fleet looks nothing up, but called ${token}`);
    },
    newResource: ({ type, name, inputs }) => {
      declared.push({ type, name, inputs });
      return { id: name, state: { ...inputs, expires: "2027-01-01", release: 1, generation: 1 } };
    },
  });
});

describe("EdgeFleet", () => {
  it("declares the golden list of resources: a rename would replace what runs", async (t) => {
    const fleet = new EdgeFleet("edge", { config: CONFIG, functions: [HELLO], buildDir: ".edge/build" });
    await Promise.all(fleet.regions.map((region) => new Promise((resolve) => region.address.apply(resolve))));
    await new Promise((resolve) => fleet.urn.apply(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    const list = declared.map(({ type, name }) => `${type} ${name}\n`).sort();
    t.assert.fileSnapshot(list.join(""), path.join(import.meta.dirname, "golden/resources"), {
      serializers: [(value: string) => value],
    });
  });

  it("declares a node of its own for each that a region has", async () => {
    declared.length = 0;
    const regions = CONFIG.regions.map((region) => ({ ...region, nodes: region.name === "us-east-1" ? 2 : 1 }));
    const fleet = new EdgeFleet("farm", {
      config: { ...CONFIG, regions },
      functions: [HELLO],
      buildDir: ".edge/build",
    });
    await Promise.all(fleet.regions.map((region) => new Promise((resolve) => region.address.apply(resolve))));
    await new Promise((resolve) => setImmediate(resolve));
    const nodes = declared
      .filter(({ type }) => type.endsWith("LocalNode"))
      .map(({ name, inputs }) => [name, (inputs.config as { address: string }).address]);
    assert.deepEqual(nodes, [
      ["farm-local-ap-northeast-1-node", "127.0.1.1"],
      ["farm-local-us-east-1-node", "127.0.1.2"],
      ["farm-local-us-east-1-node-2", "127.1.1.2"],
    ]);
  });

  it("lets a transform change a child's arguments before it is made", async () => {
    declared.length = 0;
    const fleet = new EdgeFleet("other", {
      config: CONFIG,
      functions: [HELLO],
      buildDir: ".edge/build",
      transform: {
        local: {
          node: (args, name) => ({
            ...args,
            config: { ...args.config, size: { ...args.config.size, workers: name.includes("us-east") ? 2 : 1 } },
          }),
        },
      },
    });
    await Promise.all(fleet.regions.map((region) => new Promise((resolve) => region.address.apply(resolve))));
    await new Promise((resolve) => setImmediate(resolve));
    const sizes = declared
      .filter(({ type }) => type.endsWith("LocalNode"))
      .map(({ inputs }) => (inputs.config as { size: { workers: number } }).size.workers);
    assert.deepEqual(sizes, [1, 2]);
  });
});
