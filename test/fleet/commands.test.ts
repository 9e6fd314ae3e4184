import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, describe, it } from "node:test";
import { stripVTControlCharacters } from "node:util";
import { Checkout } from "../checkout.ts";
import { listenersOn, processesOf } from "../leftovers.ts";

describe("the commands of the README in a clean clone, in order, twice", () => {
  const clone = new Checkout(21, { installed: false });
  const homeBefore = fs.readdirSync(os.homedir()).sort();
  const tmpBefore = temporaryFiles();
  after(() => clone.dispose());

  for (const round of ["first", "second"]) {
    it(`npm start, the ${round} time, ends with regions, functions and three lines to try that work`, async (t) => {
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
    });

    it(`npm start again, the ${round} time, changes nothing and takes seconds`, async (t) => {
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

    it(`npm stop, the ${round} time, leaves no process, no listener and no file outside the ignored folders`, async (t) => {
      const { code, output, ms } = await clone.npm("stop");
      assert.equal(code, 0, output);
      t.diagnostic(`npm stop took ${ms} ms`);
      assert.deepEqual(processesOf(clone.dir), []);
      assert.deepEqual(listenersOn("127.0.21."), []);
      assert.deepEqual(
        fs.readdirSync(clone.dir).filter((name) => name === ".edge" || name === "node_modules").length,
        2,
      );
      assert.deepEqual(untracked(clone), []);
      assert.deepEqual(fs.readdirSync(os.homedir()).sort(), homeBefore);
      assert.deepEqual(temporaryFiles(), tmpBefore);
    });
  }

  it("npm stop with nothing running says so and succeeds", async () => {
    const { code, output } = await clone.npm("stop");
    assert.equal(code, 0, output);
  });
});

describe("a fleet and its state folder", () => {
  const state = fs.mkdtempSync(path.join(os.tmpdir(), "edge-state-"));
  const env = { EDGE_STATE_DIR: state };
  const first = new Checkout(22, { installed: true, env });
  after(async () => {
    await first.dispose();
    fs.rmSync(state, { recursive: true });
  });

  it("previews empty from another checkout of the same commit in another path", async () => {
    const up = await first.npm("start");
    assert.equal(up.code, 0, up.output);
    const second = new Checkout(22, { installed: true, env });
    const preview = await second.pulumi("preview", "--diff", "--expect-no-changes");
    assert.equal(preview.code, 0, preview.output);
    execFileSync("rm", ["-rf", second.dir]);
  });

  it("changes nothing in a second pulumi up", async () => {
    const { code, output } = await first.pulumi("up", "--yes", "--skip-preview", "--expect-no-changes");
    assert.equal(code, 0, output);
  });

  it("is told from the fleet of another checkout, which cannot take its ports and does not stop it", async () => {
    const other = new Checkout(22, { installed: true });
    const before = first.allServicePids();
    const start = await other.npm("start");
    assert.notEqual(start.code, 0, start.output);
    assert.match(
      start.output,
      /127\.0\.22\.\d+:\d+ is taken by another program .* set edge-fleet:local\.ports\.\w+ to a free port/,
    );
    await other.dispose();
    assert.deepEqual(first.allServicePids(), before);
  });

  it("shows a change of the config by its name, without code or blobs, and restarts only what it concerns", async () => {
    first.setConfig(["edge-fleet:size", "cacheMb"], 32);
    const preview = await first.pulumi("preview", "--diff");
    assert.equal(preview.code, 0, preview.output);
    assert.match(preview.output, /~ cacheMb +: 64 => 32/);
    const longest = Math.max(...preview.output.split("\n").map((line) => line.length));
    assert.ok(longest < 200, `a line of ${longest} characters:\n${preview.output}`);
    assert.doesNotMatch(preview.output, /__provider|function|require\(/);

    const before = first.servicePids("eu-central-1");
    const up = await first.pulumi("up", "--yes", "--skip-preview");
    assert.equal(up.code, 0, up.output);
    const now = first.servicePids("eu-central-1");
    const restarted = Object.keys(before).filter((service) => before[service] !== now[service]);
    assert.deepEqual(restarted, ["varnish"]);
  });

  it("notices a dead node in pulumi refresh and brings it back with the next npm start", async () => {
    const { pid } = managerOf(first);
    process.kill(pid, "SIGKILL");
    const refresh = await first.pulumi("refresh", "--yes");
    assert.equal(refresh.code, 0, refresh.output);
    assert.match(refresh.output, /LocalNode edge-local-ap-northeast-1-node deleted/);
    const up = await first.npm("start");
    assert.equal(up.code, 0, up.output);
    assert.notEqual(managerOf(first).pid, pid);
  });
});

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

/** Files that our programs could leave outside the checkout. */
function temporaryFiles(): string[] {
  return fs
    .readdirSync(os.tmpdir())
    .filter((name) => /varnish|haproxy|gdnsd|pulumi|prometheus/i.test(name))
    .sort();
}

function managerOf(checkout: Checkout): { pid: number } {
  const dir = checkout.nodeDir("ap-northeast-1");
  const [line = ""] = processesOf(`manager/main.ts ${dir}`);
  return { pid: Number.parseInt(line, 10) };
}
