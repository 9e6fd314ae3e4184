import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import { renderContainerNode } from "../../components/node/containers/containerNode.ts";
import { CONTAINER_NODE } from "../../components/node/containers/containerNodeFixture.ts";
import { ensureCompose } from "../../tools/setup/compose.mjs";

const run = promisify(execFile);

describe("a node's compose.yaml, as Docker Compose reads it", () => {
  const dir = mkdtempSync(join(tmpdir(), "edge-compose-"));
  let config: { services: Record<string, Record<string, unknown>> };

  before(async () => {
    const files = { ...renderContainerNode(CONTAINER_NODE), "seccomp.json": "{}" };
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(dir, name)), { recursive: true });
      writeFileSync(join(dir, name), text);
    }
    const [program, ...args] = (await ensureCompose()) as [string, ...string[]];
    const { stdout, stderr } = await run(program, [
      ...args,
      "-f",
      join(dir, "compose.yaml"),
      "config",
      "--format",
      "json",
    ]);
    assert.equal(stderr, "", "it complains of nothing");
    config = JSON.parse(stdout);
  });
  after(() => rmSync(dir, { recursive: true }));

  it("has each service as it was rendered", () => {
    assert.deepEqual(Object.keys(config.services).sort(), [
      ...[
        "agent",
        "fn-resize",
        "haproxy",
        "judge",
        "node-exporter",
        "runner",
        "sandbox",
        "varnish",
        "varnish-exporter",
      ],
    ]);
    for (const [name, service] of Object.entries(config.services)) {
      assert.equal(service.read_only, true, name);
      assert.deepEqual(service.cap_drop, ["ALL"], name);
      assert.equal(service.network_mode === "host", name === "agent", name);
    }
  });

  it("takes no text for a variable", () => {
    // It prints a literal `$` as it is written in a compose.yaml.
    const { environment } = config.services["fn-resize"] as { environment: Record<string, string> };
    assert.equal(environment.GREETING, CONTAINER_NODE.functions[0]?.env.GREETING?.replaceAll("$", "$$$$"));
  });
});
