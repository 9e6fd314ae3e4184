import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, describe, it, type TestContext } from "node:test";
import { stripVTControlCharacters } from "node:util";
import { Checkout } from "../checkout.ts";
import { listenersOn, processesOf } from "../leftovers.ts";

const tmp = fs.mkdtempSync(path.join(os.tmpdir(), "edge-tmp-"));
const clone = new Checkout(21, { installed: false, env: { TMPDIR: tmp } });
const homeBefore = ownFiles(os.homedir());
after(async () => {
  await clone.dispose();
  fs.rmSync(tmp, { recursive: true });
});

describe("the commands of the README in a clone, in order", () => {
  it("npm start ends with regions, functions and three lines to try that work", starts);

  it("npm start again changes nothing and takes seconds", async (t) => {
    const before = clone.allServicePids();
    // Whoever uses Pulumi for other things has its variables set.
    const { code, output, ms } = await clone.run("npm", ["start"], {
      PULUMI_BACKEND_URL: "s3://some-other-backend",
      PULUMI_CONFIG_PASSPHRASE: "another one",
    });
    assert.equal(code, 0, output);
    t.diagnostic(`npm start with nothing to do took ${ms} ms`);
    assert.doesNotMatch(stripVTControlCharacters(output), /created|updated|deleted|replaced/);
    assert.deepEqual(clone.allServicePids(), before);
  });

  it("pulumi preview is empty from another checkout of the same commit in another path", async () => {
    const other = new Checkout(21, { installed: true, env: { EDGE_STATE_DIR: clone.stateDir } });
    const { code, output } = await other.pulumi("preview", "--diff", "--expect-no-changes");
    assert.equal(code, 0, output);
    fs.rmSync(other.dir, { recursive: true });
  });

  it("pulumi up changes nothing", async () => {
    const { code, output } = await clone.pulumi("up", "--yes", "--skip-preview", "--expect-no-changes");
    assert.equal(code, 0, output);
  });

  it("npm start of a checkout with a fleet of its own cannot take the ports, and does not stop the first", async () => {
    const other = new Checkout(21, { installed: true });
    const before = clone.allServicePids();
    const { code, output } = await other.npm("start");
    assert.notEqual(code, 0, output);
    assert.match(
      output,
      /127\.0\.21\.\d+:\d+ is taken by another program .* set edge-fleet:local\.ports\.\w+ to a free port/,
    );
    await other.dispose();
    assert.deepEqual(clone.allServicePids(), before);
  });

  it("pulumi refresh notices a dead node, and the next npm start brings it back", async () => {
    const { pid } = managerOf(clone);
    process.kill(pid, "SIGKILL");
    const refresh = await clone.pulumi("refresh", "--yes");
    assert.equal(refresh.code, 0, refresh.output);
    assert.match(refresh.output, /LocalNode edge-local-ap-northeast-1-node deleted/);
    const up = await clone.npm("start");
    assert.equal(up.code, 0, up.output);
    assert.notEqual(managerOf(clone).pid, pid);
  });

  it("pulumi preview shows a change of the config by its name, without code or blobs; pulumi up restarts only what it concerns", async () => {
    const config = fs.readFileSync(clone.configFile);
    clone.setConfig(["edge-fleet:size", "cacheMb"], 32);
    const preview = await clone.pulumi("preview", "--diff");
    assert.equal(preview.code, 0, preview.output);
    assert.match(preview.output, /~ cacheMb +: 64 => 32/);
    const longest = Math.max(...preview.output.split("\n").map((line) => line.length));
    assert.ok(longest < 200, `a line of ${longest} characters:\n${preview.output}`);
    assert.doesNotMatch(preview.output, /__provider|function|require\(/);

    const before = clone.servicePids("eu-central-1");
    const up = await clone.pulumi("up", "--yes", "--skip-preview");
    assert.equal(up.code, 0, up.output);
    const now = clone.servicePids("eu-central-1");
    // The judge asks the cache, and may be started anew on a busy machine on which that takes long.
    const restarted = Object.keys(before).filter((name) => name !== "judge" && before[name] !== now[name]);
    assert.deepEqual(restarted, ["varnish"]);
    fs.writeFileSync(clone.configFile, config);
  });

  it("npm stop leaves no process, no listener and no file outside the ignored folders", stops);

  it("npm start works a second time", starts);

  it("npm stop leaves nothing a second time", stops);

  it("npm stop with nothing running says so and succeeds", async () => {
    const { code, output } = await clone.npm("stop");
    assert.equal(code, 0, output);
  });
});

async function starts(t: TestContext): Promise<void> {
  const { code, output, ms } = await clone.npm("start");
  assert.equal(code, 0, output);
  t.diagnostic(`npm start took ${ms} ms`);
  const said = stripVTControlCharacters(output);
  for (const region of ["ap-northeast-1", "eu-central-1", "us-east-1"])
    assert.match(said, new RegExp(`${region} +https://`));
  for (const name of ["api", "geo", "hello", "proxy"]) assert.match(said, new RegExp(`\\n +${name} +/`));
  const lines = said.split("\n").filter((line) => line.startsWith("  curl "));
  assert.equal(lines.length, 3);
  for (const line of lines) {
    const answer = execFileSync("bash", ["-c", `${line.trim()} --silent --show-error --fail`], {
      cwd: clone.dir,
      encoding: "utf8",
    });
    assert.notEqual(answer, "");
  }
}

async function stops(t: TestContext): Promise<void> {
  const { code, output, ms } = await clone.npm("stop");
  assert.equal(code, 0, output);
  t.diagnostic(`npm stop took ${ms} ms`);
  assert.deepEqual(processesOf(clone.dir), []);
  assert.deepEqual(listenersOn("127.0.21."), []);
  assert.deepEqual(fs.readdirSync(clone.dir).filter((name) => name === ".edge" || name === "node_modules").length, 2);
  assert.deepEqual(untracked(clone), []);
  assert.deepEqual(ownFiles(os.homedir()), homeBefore);
  assert.deepEqual(ownFiles(tmp), []);
}

function untracked(clone: Checkout): string[] {
  const ignored = new Set(["node_modules", ".edge"]);
  const tracked = new Set(
    execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], { encoding: "utf8" }).split("\n"),
  );
  return fs
    .readdirSync(clone.dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(clone.dir, path.join(entry.parentPath, entry.name)))
    .filter(
      (name) =>
        !ignored.has(name.split(path.sep)[0] as string) && !tracked.has(name) && !name.includes("/node_modules/"),
    );
}

/** Files that our programs could leave in a folder outside the checkout. */
function ownFiles(folder: string): string[] {
  return fs
    .readdirSync(folder)
    .filter((name) => /edge|varnish|haproxy|gdnsd|pulumi|prometheus/i.test(name))
    .sort();
}

function managerOf(checkout: Checkout): { pid: number } {
  const dir = checkout.nodeDir("ap-northeast-1");
  const [line = ""] = processesOf(`manager/main.ts ${dir}`);
  return { pid: Number.parseInt(line, 10) };
}
