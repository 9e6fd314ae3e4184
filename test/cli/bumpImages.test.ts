import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { it } from "node:test";
import { INDEX, INDEX_DIGEST, INDEX_TYPE, standInRegistry } from "../../cli/images/registryFixture.ts";
import { imageProblems, LOCKED_IMAGES } from "../../components/node/containers/images.ts";
import { TestProject } from "./edgeCommand.ts";

it("edge bump-images writes the digests that registries have, and keeps those that it cannot look up", async (t) => {
  const host = await standInRegistry(t, ({ url }, response) => {
    if (url?.includes("/varnish/")) response.writeHead(500).end();
    else response.writeHead(200, { "content-type": INDEX_TYPE }).end(INDEX);
  });
  using project = new TestProject();
  const lockOf = (digests: Readonly<Record<string, string>>) => {
    const rows = Object.keys(LOCKED_IMAGES).map((name) => [
      name,
      { image: `${host}/library/${name}:1`, digest: digests[name] ?? null },
    ]);
    return JSON.stringify(Object.fromEntries(rows));
  };
  const before = { varnish: `sha256:${"a".repeat(64)}` };
  project.write("images.lock.json", lockOf(before));

  const dry = await project.edge(["bump-images", "--dry-run"]);
  assert.equal(dry.code, 1);
  assert.match(dry.stdout, new RegExp(`haproxy .*${INDEX_DIGEST}`));
  assert.match(dry.stdout, /varnish .*the registry answers with 500/);
  assert.equal(readFileSync(join(project.dir, "images.lock.json"), "utf8"), lockOf(before));

  const { code, stdout } = await project.edge(["bump-images", "--json"]);
  assert.equal(code, 1);
  assert.equal((JSON.parse(stdout) as { isWritten: boolean }).isWritten, true);
  const written = readFileSync(join(project.dir, "images.lock.json"), "utf8");
  const lock = JSON.parse(written);
  assert.deepEqual(imageProblems(lock), []);
  assert.equal(lock.haproxy.digest, INDEX_DIGEST);
  assert.equal(lock.varnish.digest, before.varnish);
  assert.equal(written.split("\n").length, Object.keys(LOCKED_IMAGES).length + 3, "a line for each image");
});
