import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { FolderStore } from "../../runner/release/folderStore.ts";
import { TestProject } from "./edgeCommand.ts";
import { LiveNode } from "./liveNodes.ts";

const REGIONS = ["eu-central-1", "us-east-1"];
const says = (text: string) => `export default { fetch: () => new Response(${JSON.stringify(text)}) };\n`;

describe("changing what is live, with a node in each of two regions", () => {
  const project = new TestProject();
  const store = new FolderStore(project.store);
  let nodes: readonly LiveNode[] = [];

  before(async () => {
    nodes = await LiveNode.startIn(project.store, REGIONS);
  });
  after(async () => {
    for (const node of nodes) await node[Symbol.asyncDispose]();
    project[Symbol.dispose]();
  });

  const served = async (path = "/hello") => [...new Set(await Promise.all(nodes.map((node) => node.fetch(path))))];
  const newest = async () => (await store.readCurrent())?.current.release ?? 0;

  it("a first deploy is live in all regions when the command ends", async () => {
    project.write("functions/hello.ts", says("one"));
    const { code, stdout, stderr } = await project.edge(["deploy", "--yes", "--reason", "the first one"]);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /^FUNCTION +SIZE +HEAP +CPU +WALL\nhello +\d+ B +128 MB/m);
    assert.match(stderr, /^\+ hello\n {4}version +v1 \(\w{16}\)$/m);
    for (const region of REGIONS) assert.match(stderr, new RegExp(`✓ ${region} +1 of 1 nodes`));
    assert.equal(stdout, "Release 2 is live on 2 of 2 nodes.\n");
    assert.deepEqual(await served(), ["200 one"]);
    assert.deepEqual(await served("/declared/"), ["200 declared"], "what others deployed stays");
    const shown = JSON.parse((await project.edge(["show", "hello", "--json"])).stdout);
    assert.equal(shown.deployed.reason, "the first one");
    assert.equal(shown.owner, "command");
  });

  it("nothing is written without a yes, by a dry run, or where nothing differs", async () => {
    project.write("functions/hello.ts", says("two"));
    const asked = await project.edge(["deploy"]);
    assert.equal(asked.code, 2);
    assert.match(asked.stderr, /Deploy this to the fleet of stack local\?\n.*--yes/);
    const dry = await project.edge(["deploy", "--dry-run"]);
    assert.equal(dry.code, 0);
    assert.match(dry.stdout, /^~ hello\n {4}version +v1 \(\w+\) → v2 \(\w+\)\n {4}code .*changed\n/m);
    project.write("functions/hello.ts", says("one"));
    assert.match((await project.edge(["deploy", "--yes"])).stdout, /^Nothing to change/);
    assert.equal(await newest(), 2);
    assert.deepEqual(await served(), ["200 one"]);
  });

  it("what cannot start is refused by file and line, and nothing is written", async () => {
    project.write("functions/hello.ts", `const size: number = (null as any).length;\n${says("broken")}`);
    const { code, stderr } = await project.edge(["deploy", "--yes"]);
    assert.equal(code, 1);
    assert.match(stderr, /functions\/hello\.ts:1:\d+: it cannot start: TypeError/);
    assert.equal(await newest(), 2);
  });

  it("one function of many is deployed, and gone back from, with its history", async () => {
    project.write("functions/hello.ts", says("two"));
    project.write("functions/other.ts", says("other"));
    const { code, stdout } = await project.edge(["deploy", "functions/hello.ts", "--yes", "--json"]);
    assert.equal(code, 0);
    const result = JSON.parse(stdout);
    assert.equal(result.release, 3);
    assert.deepEqual(
      result.nodes.map(({ node, status }: { node: string; status: string }) => [node, status]),
      REGIONS.map((region) => [region, "active"]),
    );
    assert.deepEqual(await served(), ["200 two"]);
    assert.match((await served("/other"))[0] ?? "", /^404 /);
    const back = await project.edge(["rollback", "hello", "--yes"]);
    assert.equal(back.code, 0, back.stderr);
    assert.match(back.stderr, /version +v2 \(\w+\) → v1 \(\w+\)/);
    assert.deepEqual(await served(), ["200 one"]);
    const { versions } = JSON.parse((await project.edge(["show", "hello", "--versions", "--json"])).stdout);
    assert.deepEqual(
      versions.map((version: { number: number; state: string; preview: string | null }) => [
        version.number,
        version.state,
        version.preview,
      ]),
      [
        [2, "preview", "v2--hello.edge.test"],
        [1, "stable", "v1--hello.edge.test"],
      ],
    );
    assert.equal((await project.edge(["rollback", "hello", "--to", "v2", "--yes"])).code, 0);
    assert.deepEqual(await served(), ["200 two"]);
    const missing = await project.edge(["rollback", "hello", "--to", "9", "--yes"]);
    assert.equal(missing.code, 1);
    assert.match(missing.stderr, /no release with v9 of hello; it has v2, v1/);
  });

  it("a split is deployed, replaced, promoted and rolled back", async () => {
    project.write("functions/hello.ts", says("three"));
    assert.equal((await project.edge(["deploy", "hello", "--split", "10%", "--yes"])).code, 0);
    const split = async () => JSON.parse((await project.edge(["show", "hello", "--json"])).stdout).split;
    assert.deepEqual([(await split()).number, (await split()).percent], [3, 10]);
    project.write("functions/hello.ts", says("four"));
    const beside = await project.edge(["deploy", "hello", "--yes"]);
    assert.equal(beside.code, 1);
    assert.match(beside.stderr, /hello: 10 % of its visitors get v3: promote it or roll it back first/);
    assert.equal((await project.edge(["promote", "hello", "--yes"])).code, 0);
    assert.deepEqual(await served(), ["200 three"]);
    assert.match((await project.edge(["promote", "hello", "--yes"])).stderr, /hello: has no split/);
    assert.equal((await project.edge(["deploy", "hello", "--split", "50", "--yes"])).code, 0);
    assert.equal((await project.edge(["rollback", "hello", "--yes"])).code, 0);
    assert.equal(await split(), null);
    assert.deepEqual(await served(), ["200 three"]);
  });

  it("a version for a look serves nobody", async () => {
    const { code, stderr } = await project.edge(["deploy", "hello", "--preview", "--yes"]);
    assert.equal(code, 0, stderr);
    assert.deepEqual(await served(), ["200 three"]);
    assert.equal((await project.edge(["deploy", "hello", "--preview", "--split", "1%"])).code, 2);
  });

  it("a function is switched off and on", async () => {
    const off = await project.edge(["disable", "hello", "--yes", "--reason", "it costs too much"]);
    assert.equal(off.code, 0, off.stderr);
    for (const answer of await served())
      assert.match(answer, /^503 .*ERR_FUNCTION_DISABLED.*Reason: it costs too much/);
    assert.equal((await project.edge(["list"])).stdout.match(/^hello .* disabled /m)?.length, 1);
    assert.equal((await project.edge(["enable", "hello"])).code, 0);
    assert.deepEqual(await served(), ["200 three"]);
    assert.equal(
      (await project.edge(["enable", "hello"])).stdout,
      "Lifted on 2 of 2 nodes.\n",
      "a quarantine is lifted",
    );
  });

  it("caches are purged by the control log, all of them only after a yes", async () => {
    const { code, stdout, stderr } = await project.edge(["purge", "--url", "https://edge.test/hello", "--soft"]);
    assert.equal(code, 0, stderr);
    assert.equal(stdout, "Purged on 2 of 2 nodes.\n");
    for (const args of [[], ["--all", "--tag", "a"], ["--tag", "a", "--soft"], ["--url", "hello"], ["--all"]]) {
      assert.equal((await project.edge(["purge", ...args])).code, 2, args.join(" "));
    }
    assert.equal(await store.newestControl(), 2);
    assert.equal((await project.edge(["purge", "--all", "--yes", "--json"])).code, 0);
  });

  it("a release that nodes refuse is taken back", async () => {
    const at = await newest();
    const stack = "  edge-fleet:functions: { hello: { isolation: private } }\n";
    const before = project.stack;
    project.write("stacks/Pulumi.local.yaml", before + stack);
    const { code, stdout, stderr } = await project.edge(["deploy", "hello", "--yes"]);
    project.write("stacks/Pulumi.local.yaml", before);
    assert.equal(code, 1);
    assert.match(stderr, /✗ eu-central-1 +refused by eu-central-1: .*the node has privateWorkers: 0/);
    assert.match(
      stdout,
      new RegExp(
        `^Release ${at + 1} was refused\\.\n.*\nWhat was live before is live again, as release ${at + 2}\\.`,
        "s",
      ),
    );
    assert.deepEqual(await served(), ["200 three"]);
  });

  it("a function is served by the regions that are named, until a deploy names none", async () => {
    const some = await project.edge(["deploy", "hello", "--regions", "us-east-1", "--yes"]);
    assert.equal(some.code, 0, some.stderr);
    assert.match(some.stderr, /regions +\+us-east-1 +-all/);
    const [away = "", here = ""] = await Promise.all(nodes.map((node) => node.fetch("/hello")));
    assert.match(away, /^404 /);
    assert.equal(here, "200 four");
    assert.match(
      (await project.edge(["deploy", "--regions", "us-est-1"])).stderr,
      /no region "us-est-1"\. Did you mean us-east-1\?/,
    );
    assert.equal((await project.edge(["deploy", "hello", "--yes"])).code, 0);
    assert.deepEqual(await served(), ["200 four"]);
    assert.equal((await project.edge(["rollback", "hello", "--to", "3", "--yes"])).code, 0);
  });

  it("all functions go back to an earlier release", async () => {
    const { code, stderr } = await project.edge(["rollback", "--to", "2", "--yes", "--wait"]);
    assert.equal(code, 0, stderr);
    assert.deepEqual(await served(), ["200 one"]);
    assert.equal((await project.edge(["rollback", "--yes"])).code, 0);
    assert.deepEqual(await served(), ["200 three"]);
  });
});
