import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { codeIdentity } from "./router/code/identity.ts";
import { TestRunner, until } from "./runnerFixture.ts";

/** As a bundler writes it; `text` is part of it. */
const bundled = (text: string) =>
  `var index_default = { async fetch(request) {\n  if (request.url.endsWith("?throw")) throw new Error("thrown");\n  return new Response(${JSON.stringify(text)});\n} };\nexport {\n  index_default as default\n};\n`;
const CODE = { one: bundled("the one"), two: bundled("another") };
const FUNCTIONS = {
  one: { code: CODE.one, routes: ["/one"] },
  two: { code: CODE.two, routes: ["/two"] },
  plain: { code: 'export default { fetch() { return new Response("plain"); } };', routes: ["/plain"] },
};
const MAC_BYTES = 32;

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

describe("compiled functions", () => {
  let runner: TestRunner;
  const codeDir = () => join(runner.config.cacheDir, "code");
  const fileOf = (name: keyof typeof CODE) => {
    const found = existsSync(codeDir()) ? readdirSync(codeDir()) : [];
    const file = found.find((other) => other.startsWith(sha256(CODE[name])) && !/\.\d+$/.test(other));
    return file === undefined ? undefined : join(codeDir(), file);
  };
  const count = async (outcome: string) => {
    const lines = (await runner.admin("/metrics")).match(/^edge_runner_code_caches_total\{.*$/gm) ?? [];
    return Number(
      lines
        .find((line) => line.includes(`outcome="${outcome}"`))
        ?.split(" ")
        .at(-1) ?? 0,
    );
  };
  /** Each request evicts the other's isolate, so that each is a cold start. */
  const coldStarts = async () => {
    for (const [path, body] of [
      ["/one", "the one"],
      ["/two", "another"],
      ["/plain", "plain"],
    ] as const)
      assert.equal((await runner.fetch(path)).body, body);
  };
  /** Ends the runner, changes what lies on its disk, and starts it again. */
  const restartWith = async (change: () => void) => {
    await runner.stop();
    change();
    runner.lines.length = 0;
    await runner.start();
    await runner.deploy(FUNCTIONS);
  };

  before(async () => {
    runner = new TestRunner({ workers: 1, isolates: { max: 1, idleMs: 60_000, spare: 1 } });
    await runner.start();
    await runner.deploy(FUNCTIONS);
  });
  after(() => runner[Symbol.asyncDispose]());

  it("are made in a process that goes again, and used from then on", async () => {
    await until("both are on disk", () => fileOf("one") !== undefined && fileOf("two") !== undefined);
    await until("isolates start from them", async () => {
      await coldStarts();
      return (await count("used")) > 1;
    });
    assert.equal(await count("rejected"), 0);
    assert.equal(await count("bad"), 0);
    assert.equal(await count("failed"), 1, "what no bundler has made has no script form");
  });

  it("say the same lines as their source", async () => {
    await runner.fetch("/one?throw");
    await until("it is logged", () => runner.lines.some(({ msg, message }) => `${msg ?? message}`.includes("thrown")));
    const text = JSON.stringify(runner.lines.filter((line) => JSON.stringify(line).includes("thrown")));
    assert.match(text, /index\.mjs:2:\d+/);
  });

  it("are found on disk by the next process", async () => {
    await restartWith(() => {});
    await until("isolates start from them", async () => {
      await coldStarts();
      return (await count("used")) > 1;
    });
    assert.equal(await count("made"), 0);
  });

  for (const [what, forge] of [
    ["a flipped byte", (good: Buffer) => good.with(good.length >> 1, (good.at(good.length >> 1) as number) ^ 1)],
    ["that of another module of the same length", (_: Buffer, other: Buffer) => other],
  ] as const) {
    it(`are never used with ${what}`, async () => {
      const [path, other] = [fileOf("one"), fileOf("two")] as [string, string];
      const good = readFileSync(path);
      await restartWith(() => writeFileSync(path, forge(good, readFileSync(other))));
      await until("it is made anew", async () => (await count("bad")) === 1 && (await count("made")) === 1);
      await coldStarts();
      assert.deepEqual(readFileSync(path).length, good.length);
    });
  }

  it("are left for the source when V8 rejects what this node itself had written", async () => {
    const path = fileOf("one") as string;
    await restartWith(() => {
      const content = Buffer.from(readFileSync(path).subarray(MAC_BYTES));
      // V8's own version in the cache's head.
      content.writeUInt32LE(0, 4 + content.readUInt32LE(0) + 4);
      const key = readFileSync(join(codeDir(), "key"));
      const router = readdirSync(runner.config.cacheDir).find((name) => name.startsWith("router-"));
      const identity = codeIdentity().replace(/[^\n]*$/, router as string);
      const mac = createHmac("sha256", key)
        .update(`${identity}\n${sha256(CODE.one)}\n`)
        .update(content)
        .digest();
      writeFileSync(path, Buffer.concat([mac, content]));
    });
    await until("V8 has rejected it", async () => {
      await coldStarts();
      return (await count("rejected")) > 0;
    });
    assert.equal(await count("bad"), 0);
    await coldStarts();
  });
});
