import assert from "node:assert/strict";
import { chmodSync, mkdirSync, readdirSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { changeRelease } from "../../runner/release/changeRelease.ts";
import { contentOf, functionOf, publishRelease } from "../../runner/release/fixtures.ts";
import { FolderStore } from "../../runner/release/folderStore.ts";
import { readPreviewToken } from "../../runner/release/previewToken.ts";
import { deploySplit, deployStable } from "../../runner/release/tableChanges.ts";
import { NO_COUNTS } from "../../runner/traffic/armCounts.ts";
import { TestProject } from "./edgeCommand.ts";

/** A project whose store has these releases, one after the other. */
async function projectWith(...releases: readonly Readonly<Record<string, string>>[]): Promise<TestProject> {
  const project = new TestProject();
  mkdirSync(project.store, { recursive: true });
  const store = new FolderStore(project.store);
  for (const sources of releases) await publishRelease(store, contentOf(sources, "ann"));
  return project;
}

describe("what is deployed", () => {
  it("is listed", async () => {
    using project = await projectWith({ hello: "1", other: "1" });
    const { code, stdout } = await project.edge(["list"]);
    assert.equal(code, 0);
    assert.match(stdout, /^FUNCTION +VERSION +STATUS +ROUTES/);
    assert.match(stdout, /^hello +v1 +active +\/hello\/\* +all +1 B +.* by ann$/m);
    const listed = JSON.parse((await project.edge(["list", "--json"])).stdout);
    assert.equal(listed.release, 1);
    assert.deepEqual(
      listed.functions.map(({ name, number }: { name: string; number: number }) => [name, number]),
      [
        ["hello", 1],
        ["other", 1],
      ],
    );
  });

  it("is nothing before the first release", async () => {
    using project = await projectWith();
    assert.match((await project.edge(["list"])).stdout, /No function is deployed/);
    const { code, stderr } = await project.edge(["show", "hello"]);
    assert.equal(code, 1);
    assert.match(stderr, /has no release yet: `edge deploy` makes the first one/);
  });

  it("is shown by function, without values of variables", async () => {
    using project = await projectWith({ hello: "1" });
    const { stdout } = await project.edge(["show", "hello"]);
    assert.match(stdout, /^version +v1 \([0-9a-f]{16}\)$/m);
    assert.match(stdout, /^routes +\/hello\/\*$/m);
    assert.match(stdout, /^limits\.cpuMs +\d+$/m);
    const { code, stderr } = await project.edge(["show", "helo"]);
    assert.equal(code, 2);
    assert.match(stderr, /there is no deployed function "helo"\. Did you mean hello\?/);
  });

  it("differs from other releases by function", async () => {
    using project = await projectWith({ hello: "1", gone: "1" }, { hello: "22", fresh: "1" });
    const { code, stdout } = await project.edge(["diff", "1"]);
    assert.equal(code, 0);
    assert.match(stdout, /^\+ fresh$/m);
    assert.match(stdout, /^- gone$/m);
    assert.match(stdout, /^~ hello$/m);
    assert.match(stdout, /^ {4}code +1 B → 2 B$/m);
    assert.match((await project.edge(["diff", "2", "2"])).stdout, /release 2 and release 2 are the same/);
    const missing = await project.edge(["diff", "7"]);
    assert.equal(missing.code, 1);
    assert.match(missing.stderr, /release 7 is not in .*; the newest is 2/);
    assert.equal((await project.edge(["diff", "seven"])).code, 2);
  });

  it("differs from the project by what a deploy would change", async () => {
    using project = await projectWith({ hello: "1" });
    project.write("functions/hello.ts", "export default { fetch: () => new Response() };");
    const { stdout } = await project.edge(["diff"]);
    assert.match(stdout, /^~ hello\n {4}version +v1 \(\w+\) → v2 \(\w+\)\n {4}code/m);
  });
});

/** A store in which, before the first swap, another deployer does this. */
class OvertakenStore extends FolderStore {
  overtake: () => Promise<unknown> = async () => {};

  override async compareAndSwapCurrent(...swap: Parameters<FolderStore["compareAndSwapCurrent"]>) {
    const { overtake } = this;
    this.overtake = async () => {};
    await overtake();
    return super.compareAndSwapCurrent(...swap);
  }
}

describe("going back", () => {
  it("passes over the table of a deployer who was overtaken: it was never live", async () => {
    using project = await projectWith({ hello: "1" });
    const winner = new FolderStore(project.store);
    const loser = new OvertakenStore(project.store);
    const deploy = (store: FolderStore, name: string, source: string) => {
      const { manifest, bytes } = functionOf(name, source);
      const deployed = { by: name, at: "2026-01-02T03:04:05Z", reason: "", commit: null };
      return changeRelease(store, deployStable(manifest, { owner: "command", deployed }), {
        deployed,
        modules: () => bytes,
      });
    };
    // Release 2 is the loser's, 3 the winner's, 4 the loser's upon that.
    loser.overtake = () => deploy(winner, "won", "1");
    const { release, overtaken } = await deploy(loser, "lost", "1");
    assert.deepEqual([release.release, release.base, overtaken.map((current) => current.release)], [4, 3, [3]]);

    const never = await project.edge(["rollback", "--to", "2", "--yes"]);
    assert.equal(never.code, 1);
    assert.match(
      never.stderr,
      /release 2 was never live: another deployer was faster than lost\. The one before it is 1/,
    );
    const names = async () => JSON.parse((await project.edge(["list", "--json"])).stdout).functions.map(nameOf);
    assert.equal((await project.edge(["rollback", "--yes"])).code, 0);
    assert.deepEqual(await names(), ["hello", "won"]);
    assert.equal((await project.edge(["rollback", "--to", "1", "--yes"])).code, 0);
    assert.deepEqual(await names(), ["hello"]);
    const before = await projectWith({ hello: "1" });
    const { code, stderr } = await before.edge(["rollback", "--yes"]);
    before[Symbol.dispose]();
    assert.equal(code, 1);
    assert.match(stderr, /the store has no release that was live before 1; name one with --to/);
  });
});

const nameOf = ({ name }: { readonly name: string }) => name;

describe("what nobody needs any more", () => {
  it("is removed when it is old, and asked for first", async () => {
    using project = await projectWith({ hello: "1" }, { hello: "22" }, { hello: "333" });
    const files = (kind: string) => readdirSync(join(project.store, kind));
    assert.match((await project.edge(["gc", "--keep", "1", "--yes"])).stdout, /^Nothing to remove\.$/m);
    for (const kind of ["releases", "modules"]) {
      for (const file of files(kind)) utimesSync(join(project.store, kind, file), new Date(), new Date("2026-01-01"));
    }
    const dry = await project.edge(["gc", "--keep", "1", "--dry-run"]);
    assert.match(dry.stdout, /^Would remove 2 releases, 0 modules and 0 entries of the control log\.$/m);
    const asked = await project.edge(["gc", "--keep", "1"]);
    assert.equal(asked.code, 2);
    assert.equal(files("releases").length, 3);
    const { code, stdout } = await project.edge(["gc", "--keep", "1", "--yes", "--json"]);
    assert.equal(code, 0);
    assert.deepEqual(JSON.parse(stdout).releases.toSorted(), ["1", "2"]);
    assert.deepEqual(files("releases"), ["3.json"]);
    assert.equal((await project.edge(["gc", "--keep", "0"])).code, 2);
  });
});

describe("a version's address", () => {
  const released = async () => projectWith({ hello: "1" }, { hello: "22" });

  it("is its own host, of the newest version unless another one is named", async () => {
    using project = await released();
    const { code, stdout } = await project.edge(["preview", "hello"]);
    assert.equal(code, 0);
    assert.match(stdout, /^https:\/\/v2--hello\.edge\.test:8443\/$/m);
    assert.match(stdout, /^no token: the secret release-preview .* is not there/m);
    const named = JSON.parse((await project.edge(["preview", "hello", "--version", "v1", "--json"])).stdout);
    assert.deepEqual([named.number, named.url, named.token], [1, "https://v1--hello.edge.test:8443/", null]);
  });

  it("comes with a token that holds, where the nodes have the secret", async () => {
    using project = await released();
    project.write(".edge/state/secrets/release-preview", "secret");
    chmodSync(join(project.dir, ".edge/state/secrets/release-preview"), 0o600);
    const made = JSON.parse((await project.edge(["preview", "hello", "--for", "2m", "--json"])).stdout);
    assert.equal(made.header, "x-edge-preview");
    const opened = (atMs: number) => readPreviewToken(made.token, "secret", atMs);
    assert.deepEqual(opened(Date.now()), { function: "hello", number: 2 });
    assert.equal(opened(Date.parse(made.endsAt)), null);
  });

  it("is none of a version that is not kept: it says which are", async () => {
    using project = await released();
    const { code, stderr } = await project.edge(["preview", "hello", "--version", "7"]);
    assert.equal(code, 1);
    assert.match(stderr, /v7 of hello has no address: the release keeps v2, v1\./);
  });
});

it("a split that nodes have ended is shown with their reasons, while it is still in the release", async () => {
  using project = await projectWith({ hello: "1" });
  const store = new FolderStore(project.store);
  const deployed = { by: "ann", at: "2026-01-02T03:04:05Z", reason: "", commit: null };
  const { manifest, bytes } = functionOf("hello", "22");
  const guard = { errorRate: 0.02, p99: 1.5, minRequests: 100 };
  const { current } = await changeRelease(store, deploySplit(manifest, { percent: 10, guard, deployed }), {
    deployed,
    modules: () => bytes,
  });
  const shown = async () => (await project.edge(["show", "hello"])).stdout;
  assert.doesNotMatch(await shown(), /split ended/);
  const report = {
    at: deployed.at,
    versions: { stable: "1", candidate: "2" },
    stable: NO_COUNTS,
    candidate: NO_COUNTS,
  };
  await store.writeAck({
    ...{ node: "eu-1", region: "eu-central-1", generation: current.generation, release: current.release },
    ...{ at: deployed.at, functions: {}, control: 0, refused: null },
    splits: { hello: { ...report, condemned: "9 of 10 requests failed" } },
  });
  assert.match(await shown(), /^split ended +eu-1: 9 of 10 requests failed$/m);
});
