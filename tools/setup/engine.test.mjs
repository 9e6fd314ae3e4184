// @ts-check
import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  watch,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { beforeEach, mock, test } from "node:test";
import { fileURLToPath } from "node:url";
import { engine } from "./engine.mjs";
import { enginePrograms } from "./engineChoice.mjs";
import { enginePins } from "./engineRecord.mjs";
import { fakeContext, scratchDir, writePrograms } from "./fakes.mjs";
import { Interrupted, SetupProblem } from "./problem.mjs";

const engineDir = fileURLToPath(new URL("../engine", import.meta.url));
const pins = enginePins(engineDir);

beforeEach(() => {
  mock.restoreAll();
  mock.method(globalThis, "fetch", async () => {
    throw new Error("the network refuses it");
  });
});

/**
 * A Go that "builds" a pulumi of the pinned version, slowly when asked to.
 * @param {string} dir
 * @param {{ version?: string, onBuild?: string }} [options] `onBuild`: shell commands before the build
 */
function fakeGo(dir, { version = "1.26.8", onBuild = "" } = {}) {
  mkdirSync(join(dir, "sdk/nodejs/dist"), { recursive: true });
  for (const script of enginePrograms.slice(2))
    writeFileSync(join(dir, "sdk/nodejs/dist", script), "#!/bin/sh\n", { mode: 0o444 });
  writePrograms(dir, {
    go: `
      case "$1 $2" in
      "env GOVERSION") echo go${version} ;;
      "env GOTOOLCHAIN") echo local ;;
      "list -mod=readonly") if [ "$3" = -m ]; then echo ${dir}/sdk; else echo one; echo two; fi ;;
      build*)
        echo build >> ${dir}/builds
        ${onBuild}
        while [ "$1" != -o ]; do shift; done
        printf '#!/bin/sh\\necho v${pins.version}\\n' > "$2"
        chmod 755 "$2" ;;
      esac`,
  });
}

/** @param {import("node:test").TestContext} t */
function scene(t) {
  const dir = scratchDir(t);
  const toolsDir = join(dir, "tools");
  const bin = join(dir, "path");
  mkdirSync(bin);
  const part = engine({ engineDir, toolsDir });
  return { bin, toolsDir, part, context: fakeContext({ env: { PATH: `${bin}:/usr/bin:/bin` } }) };
}

test("builds where the network refuses the archive, says so beforehand, and is then ready", async (t) => {
  const { bin, toolsDir, part, context } = scene(t);
  fakeGo(bin);
  assert.equal(part.missing(), "looks for one");
  assert.equal(await part.bring(context), `${pins.version} built`);
  assert.match(
    context.notes.join("\n"),
    /not by the official archive: the network refuses it\nbuilds it from Go modules: 3–5 minutes/,
  );
  assert.deepEqual(readdirSync(join(toolsDir, "bin")).sort(), [...enginePrograms].sort());
  for (const program of enginePrograms) assert.ok(statSync(join(toolsDir, "bin", program)).mode & 0o111, program);
  assert.equal(part.missing(), undefined);
  assert.deepEqual(readdirSync(toolsDir).sort(), ["bin", "engine.json", "lock", "setup-engine.log"]);
});

test("a program that is changed, gone, or a record cut short makes it not ready", async (t) => {
  const { bin, toolsDir, part, context } = scene(t);
  fakeGo(bin);
  await part.bring(context);
  const pulumi = join(toolsDir, "bin/pulumi");
  utimesSync(pulumi, 1, 1);
  assert.equal(part.missing(), "looks for one");
  await part.bring(context);
  assert.equal(part.missing(), undefined);
  rmSync(pulumi);
  assert.equal(part.missing(), "looks for one");
  await part.bring(context);
  const record = join(toolsDir, "engine.json");
  writeFileSync(record, readFileSync(record, "utf8").slice(0, 40));
  assert.equal(part.missing(), "looks for one");
});

test("two set-ups at once build once", async (t) => {
  const { bin, part, context } = scene(t);
  fakeGo(bin);
  const said = await Promise.all([part.bring(context), part.bring(context)]);
  assert.deepEqual(said.sort(), [`${pins.version} built`, "another set-up has brought it"]);
  assert.equal(readFileSync(join(bin, "builds"), "utf8"), "build\nbuild\n", "the CLI and the language host, once each");
});

test("a pulumi on PATH is linked with its helpers and followed when it is upgraded", async (t) => {
  const { bin, toolsDir, part, context } = scene(t);
  writePrograms(bin, Object.fromEntries(enginePrograms.map((name) => [name, "echo v3.222.1"])));
  assert.equal(await part.bring(context), `3.222.1 found at ${bin}`);
  assert.equal(readFileSync(join(toolsDir, "bin/pulumi"), "utf8"), "#!/bin/sh\necho v3.222.1\n");
  assert.equal(part.missing(), undefined);
  writePrograms(bin, { pulumi: "echo v3.2220.10" });
  assert.equal(part.missing(), "looks for one");
});

test("an old pulumi, a refused archive and an old Go are all told, with what to do", async (t) => {
  const { bin, toolsDir, part, context } = scene(t);
  fakeGo(bin, { version: "1.19.8" });
  writePrograms(bin, { pulumi: "echo v3.100.0" });
  await assert.rejects(part.bring(context), (error) => {
    assert.ok(error instanceof SetupProblem);
    assert.match(error.message, /there is no Pulumi engine/);
    assert.match(
      error.why,
      /is 3\.100\.0, older than 3\.200\.0[\s\S]*is 1\.19\.8, building needs \S+ or newer[\s\S]*the network refuses it/,
    );
    assert.match(error.remedy.join("\n"), /curl -fsSL https:\/\/get\.pulumi\.com \| sh[\s\S]*install Go \S+ or newer/);
    return true;
  });
  assert.equal(existsSync(join(toolsDir, "engine.json")), false);
});

test("a build that fails leaves the engine that was there, and tells the compiler's words", async (t) => {
  const { bin, toolsDir, part, context } = scene(t);
  fakeGo(bin);
  await part.bring(context);
  rmSync(join(toolsDir, "engine.json"));
  fakeGo(bin, { onBuild: "echo 'no space left on device' >&2; exit 1" });
  await assert.rejects(
    part.bring(context),
    (error) => error instanceof SetupProblem && /no space left on device/.test(error.why),
  );
  assert.deepEqual(readdirSync(join(toolsDir, "bin")).sort(), [...enginePrograms].sort());
  assert.equal(existsSync(join(toolsDir, "staging")), false);
});

test("an interruption ends the build with what it started and leaves nothing half", { timeout: 20_000 }, async (t) => {
  const { bin, toolsDir, part } = scene(t);
  fakeGo(bin, { onBuild: `sleep 300 & echo $! > ${bin}/sleeper.new; mv ${bin}/sleeper.new ${bin}/sleeper; wait` });
  const stop = new AbortController();
  const started = new Promise((resolve) => {
    const watcher = watch(bin, (_, name) => {
      if (name !== "sleeper") return;
      watcher.close();
      resolve(undefined);
    });
  });
  const bringing = part.bring(fakeContext({ env: { PATH: `${bin}:/usr/bin:/bin` }, signal: stop.signal }));
  await started;
  const pid = Number(readFileSync(join(bin, "sleeper"), "utf8"));
  stop.abort();
  await assert.rejects(bringing, Interrupted);
  assert.equal(isRunning(pid), false, "the build's own child is gone");
  assert.deepEqual(readdirSync(toolsDir).sort(), ["lock", "setup-engine.log"]);
  assert.deepEqual(readdirSync(join(toolsDir, "lock")), []);
});

/** @param {number} pid */
function isRunning(pid) {
  try {
    // A child that nobody has waited for yet is a zombie: dead all the same.
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}
