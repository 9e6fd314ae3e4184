import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, it } from "node:test";
import { parse } from "yaml";
import { renderContainerNode } from "../containers/containerNode.ts";
import { CONTAINER_NODE } from "../containers/containerNodeFixture.ts";
import { BOOT } from "./bootFixture.ts";
import { bundleFiles, nodeBundle } from "./bundle.ts";
import { machineFiles } from "./machineFiles.ts";
import { tar } from "./tar.ts";
import { units } from "./units.ts";
import { renderUserData, USER_DATA_BYTES_MAX } from "./userData.ts";

const GOLDEN = path.join(import.meta.dirname, "../golden/boot");
const NODE_FILES = renderContainerNode(CONTAINER_NODE);

describe("what a machine boots from", () => {
  const files = { "user-data.yaml": renderUserData(BOOT), ...machineFiles(BOOT), ...units() };
  for (const [name, text] of Object.entries(files)) {
    it(`renders ${name} as the golden file says`, (t) => {
      const golden = path.join(GOLDEN, name.replaceAll("/", "__"));
      t.assert.fileSnapshot(text, golden, { serializers: [(value: string) => value] });
    });
  }

  it("gives EC2 no more user data than half of what it takes, and no secret", () => {
    const text = renderUserData(BOOT);
    assert.ok(Buffer.byteLength(text) < USER_DATA_BYTES_MAX / 2);
    assert.doesNotMatch(text, /AKIA|BEGIN [A-Z ]*PRIVATE/);
    const [user, ...others] = parse(text).users;
    assert.deepEqual(
      { shell: user.shell, locked: user.lock_passwd, others },
      { shell: "/usr/sbin/nologin", locked: true, others: [] },
    );
  });

  it("refuses user data that EC2 would not take", () => {
    const url = `https://edge.test/${"x".repeat(USER_DATA_BYTES_MAX)}`;
    const bundle = { ...BOOT.bundle, sources: [{ region: "eu-central-1", url }] };
    assert.throws(() => renderUserData({ bundle }), { message: /EC2 takes 16384$/ });
  });

  it("has every unit held: no capability, no new privilege, nothing to write", () => {
    for (const [name, text] of Object.entries(units())) {
      for (const setting of [
        "CapabilityBoundingSet=",
        "NoNewPrivileges=yes",
        "ProtectSystem=strict",
        "MemoryMax=256M",
      ]) {
        assert.ok(text.split("\n").includes(setting), `${name}: ${setting}`);
      }
    }
  });
});

describe("a node's bundle", () => {
  it("is the same bytes whenever it is made, and others when a file changes", () => {
    const { sha256 } = nodeBundle(BOOT, NODE_FILES);
    assert.equal(nodeBundle(BOOT, NODE_FILES).sha256, sha256);
    assert.notEqual(nodeBundle({ ...BOOT, drainSeconds: 31 }, NODE_FILES).sha256, sha256);
    assert.notEqual(nodeBundle(BOOT, { ...NODE_FILES, "compose.yaml": "" }).sha256, sha256);
  });

  it("has all that compose.yaml names beside it, and all that units start", () => {
    const names = Object.keys(bundleFiles(BOOT, { ...NODE_FILES, "etc/countries.map": "" }));
    const { services } = parse(NODE_FILES["compose.yaml"] as string) as {
      services: Record<string, { volumes?: { source: string }[] }>;
    };
    const sources = Object.values(services).flatMap(({ volumes = [] }) => volumes.map(({ source }) => source));
    const wanted = sources.filter((source) => source.startsWith("./")).map((source) => source.slice(2));
    const started = Object.values(units()).flatMap((text) =>
      [...text.matchAll(/=\/opt\/edge\/bundle\/(\S+)/g)].map(([, name]) => name as string),
    );
    assert.deepEqual(
      [...wanted, ...started, "seccomp.json", "boot/install.sh"].filter((name) => !names.includes(name)),
      [],
    );
  });

  it("is what tar unpacks, scripts executable", (t) => {
    const dir = mkdtempSync(path.join(tmpdir(), "edge-bundle-"));
    t.after(() => rmSync(dir, { recursive: true }));
    writeFileSync(path.join(dir, "bundle.tar"), nodeBundle(BOOT, NODE_FILES).bytes);
    execFileSync("tar", ["-x", "-f", path.join(dir, "bundle.tar"), "-C", dir]);
    for (const [name, { text, isExecutable }] of Object.entries(bundleFiles(BOOT, NODE_FILES))) {
      assert.equal(readFileSync(path.join(dir, name), "utf8"), text, name);
      assert.equal((statSync(path.join(dir, name)).mode & 0o100) !== 0, isExecutable, name);
    }
  });

  it("has no path that an archive's header cannot hold", () => {
    assert.throws(() => tar({ ["x".repeat(101)]: { text: "", isExecutable: false } }), { message: /100 bytes/ });
  });
});
