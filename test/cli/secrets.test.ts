import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { it } from "node:test";
import { TestProject } from "./edgeCommand.ts";

it("secrets are set from standard input, listed without values, and removed", async () => {
  using project = new TestProject();
  assert.match((await project.edge(["secrets", "list"])).stdout, /has no secret/);
  const set = await project.edge(["secrets", "set", "payments-key"], { input: "hunter2\n" });
  assert.equal(set.code, 0, set.stderr);
  assert.match(set.stdout, /^payments-key is set\. Functions name it local:payments-key\.\n$/);
  const listed = await project.edge(["secrets", "list"]);
  assert.match(listed.stdout, /^local:payments-key +/m);
  const json = JSON.parse((await project.edge(["secrets", "list", "--json"])).stdout);
  assert.deepEqual(
    json.secrets.map(({ reference }: { reference: string }) => reference),
    ["local:payments-key"],
  );
  const state = join(project.dir, ".edge/state");
  const files = readdirSync(state, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  assert.ok(files.length > 0);
  for (const { parentPath, name } of files) {
    assert.doesNotMatch(readFileSync(join(parentPath, name), "latin1"), /hunter2/, name);
  }

  for (const [args, input, says] of [
    [["set", "empty"], "", /standard input is empty/],
    [["set"], "x", /give a name: edge secrets set <name>/],
    [["list", "payments-key"], "", /list takes no name/],
    [["get", "payments-key"], "", /no action "get"/],
    [["rm", "payments-key"], "", /--yes/],
  ] as const) {
    const { code, stdout, stderr } = await project.edge(["secrets", ...args], { input });
    assert.equal(code, 2, args.join(" "));
    assert.equal(stdout, "");
    assert.match(stderr, says);
  }
  const wrong = await project.edge(["secrets", "set", "Not a name"], { input: "x" });
  assert.equal(wrong.code, 1);
  assert.match(wrong.stderr, /"Not a name" is no secret's name/);
  assert.equal((await project.edge(["secrets", "rm", "payments-key", "--yes"])).code, 0);
  const gone = await project.edge(["secrets", "rm", "payments-key", "--yes"]);
  assert.equal(gone.code, 1);
  assert.match(gone.stderr, /has no secret payments-key/);
});

it("a deploy is refused while a secret of its functions is not set", async () => {
  using project = new TestProject();
  mkdirSync(project.store, { recursive: true });
  project.write(
    "stacks/Pulumi.local.yaml",
    `${project.stack}  edge-fleet:functions: { pay: { secrets: { KEY: "local:pay-key" } } }\n`,
  );
  project.write("functions/pay.ts", "export default { fetch: () => new Response() };");
  const refused = await project.edge(["deploy", "--yes"]);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /local:pay-key \(KEY of pay\) is not set; set it with `edge secrets set pay-key`/);
  assert.equal((await project.edge(["secrets", "set", "pay-key"], { input: "hunter2" })).code, 0);
  const { code, stdout } = await project.edge(["deploy", "--yes"]);
  assert.equal(code, 0);
  assert.equal(stdout, "Release 1 is written. No node has told the store of itself yet.\n");
});
