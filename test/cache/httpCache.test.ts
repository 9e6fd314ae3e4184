import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { Door } from "./door.ts";
import { EXPLAINED } from "./httpCacheTests/explained.ts";
import { GROUPS, passed, publishedResults, type Results, testsOf } from "./httpCacheTests/groups.ts";
import { origin } from "./httpCacheTests/origin.ts";
import { RunningVarnish } from "./runningVarnish.ts";

const CLIENT = join(import.meta.dirname, "httpCacheTests/client.ts");

/** Varnish without any VCL of ours. */
const bareVcl = (run: string) => `vcl 4.1;\nbackend default {\n  .path = "${run}/router.sock";\n}\n`;

const node = new RunningVarnish(origin);
const door = new Door(node.layout);
const bare = new RunningVarnish(origin);
const clients: ChildProcess[] = [];
let results: { node: Results; bare: Results };

before(async () => {
  await Promise.all([node.start(), bare.start({ vcl: bareVcl(bare.layout.run), args: [] })]);
  await door.start();
  const { address, ports, domain } = door.config;
  const [ofNode, ofBare] = await Promise.all([
    run({ host: address, port: ports.https, ca: door.authority, servername: domain }),
    run({ socketPath: bare.socket }),
  ]);
  results = { node: ofNode, bare: ofBare };
});
after(async () => {
  for (const client of clients) client.kill();
  await door.stop();
  await Promise.all([node[Symbol.asyncDispose](), bare[Symbol.asyncDispose]()]);
});

describe("http-cache-tests through HAProxy and Varnish", () => {
  for (const group of GROUPS) {
    it(`passes what bare Varnish passes, or it is explained: ${group.id}`, (t) => {
      const counts = [
        `${passed(group, results.node)} of ${testsOf(group).length}`,
        `bare Varnish ${passed(group, results.bare)}`,
        ...(["nginx", "squid"] as const).map((cache) => `${cache} ${passed(group, publishedResults(cache))}`),
      ];
      t.diagnostic(counts.join(", "));
      const worse = testsOf(group).filter((id) => results.node[id] !== true && results.bare[id] === true);
      const unexplained = worse.filter((id) => !EXPLAINED.some(({ tests }) => tests.test(id)));
      assert.deepEqual(Object.fromEntries(unexplained.map((id) => [id, results.node[id]])), {});
    });
  }

  it("passes more than bare Varnish and nginx", () => {
    const all = (of: Results) => GROUPS.reduce((sum, group) => sum + passed(group, of), 0);
    assert.ok(all(results.node) > all(results.bare), `${all(results.node)} against ${all(results.bare)}`);
    assert.ok(all(results.node) > all(publishedResults("nginx")));
  });
});

async function run(target: Record<string, unknown>): Promise<Results> {
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", CLIENT, JSON.stringify(target)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  clients.push(child);
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text) => (output += text));
  const code = await new Promise((resolve) => child.on("close", resolve));
  assert.equal(code, 0);
  return JSON.parse(output);
}
