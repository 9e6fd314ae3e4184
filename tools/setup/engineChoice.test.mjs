// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { chooseEngine, compareVersions, enginePrograms, versionIn } from "./engineChoice.mjs";

const programs = Object.fromEntries(enginePrograms.map((name) => [name, `/opt/pulumi/${name}`]));

/** @type {import("./engineChoice.mjs").EngineFacts} */
const bare = {
  onPath: undefined,
  platform: "linux",
  arch: "x64",
  version: "3.250.0",
  go: undefined,
  goVersion: "1.25.11",
};
const go = { path: "/usr/local/go/bin/go", version: "1.26.8", toolchain: "local" };

/** @param {Partial<import("./engineChoice.mjs").EngineFacts>} facts */
const kinds = (facts) => chooseEngine({ ...bare, ...facts }).steps.map((step) => step.kind);

test("a fitting pulumi on PATH is linked and nothing else is tried", () => {
  const { steps } = chooseEngine({ ...bare, go, onPath: { version: "3.200.0", programs } });
  assert.deepEqual(steps, [{ kind: "link", version: "3.200.0", programs }]);
});

for (const [title, onPath, reason] of /** @type {const} */ ([
  ["too old", { version: "3.199.9", programs }, /is 3\.199\.9, older than 3\.200\.0/],
  ["of another major version", { version: "4.0.0", programs }, /newer than version 3/],
  ["silent about its version", { version: undefined, programs }, /does not tell its version/],
  ["without its language host", { version: "3.250.0", programs: { pulumi: "/p" } }, /has no pulumi-language-nodejs, /],
])) {
  test(`a pulumi on PATH that is ${title} is passed over, and the reason is kept`, () => {
    const { steps, ruledOut } = chooseEngine({ ...bare, go, onPath });
    assert.deepEqual(
      steps.map((step) => step.kind),
      ["archive", "build"],
    );
    assert.match(ruledOut[0] ?? "", reason);
  });
}

test("the archive comes before the build, from the vendor's address of that version and platform", () => {
  const [first, second] = chooseEngine({ ...bare, go, arch: "arm64" }).steps;
  assert.deepEqual(first, {
    kind: "archive",
    file: "pulumi-v3.250.0-linux-arm64.tar.gz",
    url: "https://get.pulumi.com/releases/sdk/pulumi-v3.250.0-linux-arm64.tar.gz",
    checksumsUrl: "https://get.pulumi.com/releases/sdk/pulumi-3.250.0-checksums.txt",
  });
  assert.deepEqual(second, { kind: "build", go: go.path });
});

test("a platform without an archive is built, one without Go gets the archive alone", () => {
  assert.deepEqual(kinds({ go, arch: "riscv64" }), ["build"]);
  assert.deepEqual(kinds({}), ["archive"]);
});

test("an old Go builds only when it may fetch a newer toolchain", () => {
  assert.deepEqual(kinds({ go: { ...go, version: "1.22.2", toolchain: "auto" } }), ["archive", "build"]);
  assert.deepEqual(kinds({ go: { ...go, version: "1.22.2", toolchain: "local" } }), ["archive"]);
  assert.deepEqual(kinds({ go: { ...go, version: "1.22.2", toolchain: "go1.22.2" } }), ["archive"]);
  assert.deepEqual(kinds({ go: { ...go, version: "1.19.8", toolchain: "auto" } }), ["archive"]);
  const { ruledOut } = chooseEngine({ ...bare, go: { ...go, version: "1.19.8" } });
  assert.match(ruledOut.at(-1) ?? "", /Go at \/usr\/local\/go\/bin\/go is 1\.19\.8, building needs 1\.25\.11 or newer/);
});

test("with no way left, each reason is told", () => {
  const { steps, ruledOut } = chooseEngine({ ...bare, platform: "freebsd" });
  assert.deepEqual(steps, []);
  assert.deepEqual(ruledOut, [
    "no pulumi on PATH",
    "Pulumi publishes no archive for freebsd-x64",
    "no Go on PATH to build it with (1.25.11 or newer)",
  ]);
});

test("versions compare by number, not by letter", () => {
  assert.ok(compareVersions("3.9.0", "3.10.0") < 0);
  assert.ok(compareVersions("1.26", "1.25.11") > 0);
  assert.equal(compareVersions("1.26", "1.26.0"), 0);
});

test("a version is found in what commands say of themselves", () => {
  assert.equal(versionIn("v3.250.0"), "3.250.0");
  assert.equal(versionIn("go1.26.8"), "1.26.8");
  assert.equal(versionIn("go1.26"), "1.26");
  assert.equal(versionIn("warning"), undefined);
});
