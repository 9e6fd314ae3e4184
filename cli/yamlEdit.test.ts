import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { withSettings } from "./yamlEdit.ts";

const setSerial = (text: string) =>
  withSettings(text, [{ path: ["config", "edge-fleet:aws", "machineImage", "serial"], put: '"20261014"' }]);

describe("a key that is set in a stack's file", () => {
  for (const [what, before, after] of [
    ["replaces its value", '      serial: "20260101" # tried', '      serial: "20261014" # tried'],
    ["replaces null", "      serial: null", '      serial: "20261014"'],
    ["replaces nothing", "      serial: # none yet", '      serial: "20261014" # none yet'],
    ["stands beside others", "      release: noble-24.04", '      serial: "20261014"\n      release: noble-24.04'],
  ] as const) {
    it(what, () => {
      const file = (line: string) => `# Ours.\nconfig:\n  edge-fleet:aws:\n    home: a\n    machineImage:\n${line}\n`;
      assert.equal(setSerial(file(before)), file(after));
    });
  }

  it("stands in braces where its neighbours do", () => {
    const file = (map: string) => `config:\n  edge-fleet:aws: { home: a, machineImage: ${map} }\n`;
    assert.equal(setSerial(file("{ release: b }")), file('{ release: b, serial: "20261014" }'));
    assert.equal(setSerial(file("{ serial: null }")), file('{ serial: "20261014" }'));
  });

  it("comes with the map that it belongs to where there is none", () => {
    const file = (line: string) => `config:\n  edge-fleet:aws:\n${line}    home: a # home\n`;
    assert.equal(setSerial(file("")), file('    machineImage: { serial: "20261014" }\n'));
  });

  it("is refused where something else stands above it", () => {
    assert.throws(() => setSerial("config:\n  edge-fleet:aws:\n    machineImage: old\n"), /machineImage is no map/);
    assert.throws(() => setSerial("config: {}\n"), /edge-fleet:aws\.machineImage is no map/);
  });
});
