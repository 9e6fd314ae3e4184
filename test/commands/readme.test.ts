import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, describe, it } from "node:test";
import { parse } from "yaml";
import { PACKAGE_DIR } from "../../components/packageDir.ts";
import { Checkout } from "../checkout.ts";
import { dig, request, until } from "../client.ts";

const BLOCK = 28;
const README = fs.readFileSync(path.join(PACKAGE_DIR, "README.md"), "utf8");
const clone = new Checkout(BLOCK, { installed: true });
after(() => clone.dispose());

/** Commands that this test cannot run: cloning is what made the clone, and suites cannot run themselves. */
const RUN_ELSEWHERE = new Set([
  "git clone <this repository> edge-fleet && cd edge-fleet",
  "npm test", // .ci/run
  "npm run test:unit", // npm test
  "npm run test:fleet", // npm test
]);

describe("the README", () => {
  for (const command of commands()) {
    it(`has a command that works: ${command}`, async () => {
      // curl fails on an error status only when it is told to.
      const strict = command
        .replaceAll("127.0.1.", `127.0.${BLOCK}.`)
        .replace(/^curl /, "curl --fail-with-body --silent --show-error ");
      const { code, output } = await clone.run("bash", ["-c", strict]);
      assert.equal(code, 0, output);
      assert.ok(!command.startsWith("curl ") || output.length > 0);
    });
  }

  it("adds a region by one key, to which DNS sends its continent, and sets routes, limits and variables of a function", async () => {
    const regions = parse(yamlBlock("sa-east-1").replaceAll("127.0.1.", `127.0.${BLOCK}.`));
    for (const [name, region] of Object.entries(regions)) clone.setConfig(["edge-fleet:regions", name], region);
    const config = parse(yamlBlock("greet:")) as Record<string, { greet: unknown }>;
    clone.setConfig(["edge-fleet:functions", "greet"], config["edge-fleet:functions"]?.greet);
    const { code, output } = await clone.npm("start");
    assert.equal(code, 0, output);
    assert.match(output, /sa-east-1 +https:/);
    const { address } = regions["sa-east-1"] as { address: string };
    // Brazil, in the demo networks.
    await until("Brazil is sent to Sao Paulo", 60_000, async () => (await dig(clone, "2001:db8:1::/48")) === address);
    assert.match((await request(clone, "us-east-1", "/welcome")).body, /^hi, World/);
  });
});

/** The lines of shell blocks in their order, then commands within the text. */
function commands(): string[] {
  const blocks = [...README.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block = ""]) => block.trim().split("\n"));
  const inline = [...README.matchAll(/`(npm (?:run )?[^`]+|npm \w+)`/g)].map(([, command = ""]) => command);
  const mentioned = inline.filter((command, index) => !blocks.includes(command) && inline.indexOf(command) === index);
  const all = [...blocks, ...mentioned].filter((command) => !RUN_ELSEWHERE.has(command));
  assert.ok(all.length >= 8, `only ${all.length} commands found`);
  return all;
}

function yamlBlock(containing: string): string {
  const block = [...README.matchAll(/```yaml\n([\s\S]*?)```/g)]
    .map(([, text = ""]) => text)
    .find((text) => text.includes(containing));
  assert.ok(block, `no YAML block with ${containing}`);
  return block;
}
