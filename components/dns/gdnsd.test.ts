import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { describe, it } from "node:test";
import { programPath } from "../local/services.ts";
import { type GdnsdArgs, renderGdnsd, renderNetworks, renderZone } from "./gdnsd.ts";

const ARGS: GdnsdArgs = {
  domain: "edge.test",
  listen: { address: "127.0.1.254", port: 5300 },
  regions: [
    { name: "ap-northeast-1", addresses: ["127.0.1.1"], failover: ["us-east-1", "eu-central-1"] },
    { name: "eu-central-1", addresses: ["127.0.1.2"], failover: ["us-east-1", "ap-northeast-1"] },
    { name: "us-east-1", addresses: ["127.0.1.3"], failover: ["eu-central-1", "ap-northeast-1"] },
  ],
  defaultRegion: "us-east-1",
  healthPort: 8080,
  etcDir: "/srv/edge/etc",
  runDir: "/srv/edge/run",
};

const NETWORKS = [
  { cidr: "198.51.100.0/24", region: "ap-northeast-1" },
  { cidr: "2001:db8:1::/48", region: "us-east-1" },
];

const FARMS = [
  { name: "us-east-1", addresses: ["127.0.1.3", "127.1.1.3"], failover: ["eu-central-1"] },
  { name: "eu-central-1", addresses: ["127.0.1.2"], failover: ["us-east-1"] },
];

describe("renderGdnsd", () => {
  it("renders the config and the zone as the golden files say", (t) => {
    const golden = path.join(import.meta.dirname, "golden");
    const text = { serializers: [(value: string) => value] };
    t.assert.fileSnapshot(renderGdnsd(ARGS), path.join(golden, "config"), text);
    t.assert.fileSnapshot(renderZone(ARGS), path.join(golden, "zone"), text);
  });

  it("sends a network to its region first, then to those that take over", () => {
    assert.equal(
      renderNetworks(ARGS, NETWORKS),
      "198.51.100.0/24 => [ ap-northeast-1, us-east-1, eu-central-1 ]\n" +
        "2001:db8:1::/48 => [ us-east-1, eu-central-1, ap-northeast-1 ]\n",
    );
  });

  it("answers with a farm's nodes that are well, and leaves a region of one node as it is", () => {
    const args = { ...ARGS, regions: FARMS };
    const config = renderGdnsd(args);
    assert.match(config, /us-east-1 => \{ 1 => 127\.0\.1\.3, 2 => 127\.1\.1\.3 \}/);
    assert.match(config, /dcmap => \{ us-east-1 => %multifo!us-east-1, eu-central-1 => 127\.0\.1\.2 \}/);
    assert.match(renderZone(args), /^us-east-1\.geo 5\/5 DYNA multifo!us-east-1\neu-central-1\.geo A 127\.0\.1\.2$/m);
  });

  for (const [variant, regions, networks] of [
    ["several regions", ARGS.regions, NETWORKS],
    ["a region of two nodes", FARMS, []],
    ["one region", [{ name: "us-east-1", addresses: ["127.0.1.3"], failover: [] }], []],
  ] as const) {
    it(`renders what gdnsd accepts without a warning, for ${variant}`, (t) => {
      const dir = fs.mkdtempSync(path.join(os.tmpdir(), "edge-gdnsd-"));
      t.after(() => fs.rmSync(dir, { recursive: true }));
      const args = { ...ARGS, regions, etcDir: dir, runDir: dir };
      fs.mkdirSync(`${dir}/gdnsd/zones`, { recursive: true });
      fs.writeFileSync(`${dir}/gdnsd/config`, renderGdnsd(args));
      fs.writeFileSync(`${dir}/gdnsd/networks`, renderNetworks(args, networks));
      fs.writeFileSync(`${dir}/gdnsd/zones/${args.domain}`, renderZone(args));
      const { status, stdout, stderr } = spawnSync("gdnsd", ["-c", `${dir}/gdnsd`, "checkconf"], {
        env: { PATH: programPath().join(path.delimiter) },
        encoding: "utf8",
      });
      assert.equal(status, 0, `${stdout}${stderr}`);
      const warnings = `${stdout}${stderr}`.split("\n").filter((line) => /warn|error/i.test(line));
      // One machine has one DNS server.
      assert.deepEqual(
        warnings.filter((line) => !line.includes("only has one NS record")),
        [],
      );
    });
  }
});
