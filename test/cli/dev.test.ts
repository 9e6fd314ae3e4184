import assert from "node:assert/strict";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, it } from "node:test";
import { until } from "@edge-fleet/runner/runnerFixture";
import { descendantsOf, isGone, linuxOnly } from "@edge-fleet/runner/runnerProcesses";
import { TestProject } from "./edgeCommand.ts";

const GREET = `import { word } from "../lib/word.ts";
export default {
  fetch(request: Request & { edge: { region: string; country: string } }) {
    console.log("asked", { path: new URL(request.url).pathname });
    if (request.url.endsWith("/boom")) fail();
    return new Response([word, request.edge.region, request.edge.country].join(" "));
  },
};
function fail() {
  throw new TypeError("boom");
}
`;

describe("edge dev", { timeout: 120_000 }, () => {
  it("serves a function from a real isolate, tells its log by the sources, and reloads what is saved", async () => {
    using project = new TestProject();
    project.write("functions/greet.ts", GREET);
    project.write("lib/word.ts", 'export const word: string = "hello";\n');
    await using dev = project.start(["dev", "greet", "--port", "0", "--region", "eu-central-1", "--country", "DE"]);
    const { url, routes } = await dev.record(({ kind }) => kind === "listening");
    assert.deepEqual(routes, ["/greet/*"]);

    const ask = async (path = "") => {
      const response = await fetch(`${url}/greet${path}`, { headers: { "x-edge-country": "FR" } });
      return { status: response.status, body: await response.text() };
    };
    assert.deepEqual(await ask(), { status: 200, body: "hello eu-central-1 DE" });
    const line = await dev.record(({ message }) => String(message).startsWith("asked"));
    assert.equal(line.function, "greet");

    assert.equal((await ask("/boom")).status, 500);
    const thrown = await dev.record(({ level }) => level === "error");
    assert.match(String(thrown.stack), /at fail \(functions\/greet\.ts:10:9\)/);

    let heard = dev.records.length;
    project.write("lib/word.ts", 'export const word: string = "hallo";\n');
    const reloaded = await dev.record(({ kind }) => kind === "reloaded", heard);
    assert.ok(Number(reloaded.tookMs) >= 0);
    assert.equal((await ask()).body, "hallo eu-central-1 DE");

    heard = dev.records.length;
    project.write("lib/word.ts", 'export const word: string = "hal\n');
    const refused = await dev.record(({ kind }) => kind === "refused", heard);
    assert.match(String(refused.message), /^lib\/word\.ts:1:\d+: /);
    assert.equal((await ask()).body, "hallo eu-central-1 DE");

    heard = dev.records.length;
    project.write("lib/word.ts", 'export const word = "never";\nthrow new Error("no start");\n');
    const failed = await dev.record(({ kind }) => kind === "refused", heard);
    assert.match(String(failed.message), /no start \[lib\/word\.ts:2:\d+\]/);
    assert.equal((await ask()).body, "hallo eu-central-1 DE");

    dev.signal("SIGINT");
    assert.equal(await dev.ended, 0);
    await assert.rejects(fetch(String(url)));
  });

  it("brings the functions that it is bound to, and adds the latency that is asked for", async () => {
    const bound = `config:
  edge-fleet:target: local
  edge-fleet:domain: edge.test
  edge-fleet:regions:
    eu-central-1: { continents: [EU, AF, NA, SA, AN, AS, OC], default: true, address: 127.0.3.1 }
  edge-fleet:functions:
    front: { bindings: { BACK: { function: back } } }
`;
    using project = new TestProject({ stack: bound });
    project.write("functions/front.ts", "export default { fetch: (request, env) => env.BACK.fetch(request) };\n");
    project.write("functions/back.ts", 'export default { fetch: () => new Response("from behind") };\n');
    await using dev = project.start(["dev", "front", "--port", "0", "--latency", "120ms"]);
    const { url, region } = await dev.record(({ kind }) => kind === "listening");
    assert.equal(region, "eu-central-1");
    assert.equal(await (await fetch(`${url}/front`)).text(), "from behind");
    const { durationMs } = await dev.record(({ kind }) => kind === "answer");
    assert.ok(Number(durationMs) >= 120);
  });

  it("leaves no process behind when it is killed", linuxOnly, async () => {
    using project = new TestProject();
    project.write("functions/greet.ts", 'export default { fetch: () => new Response("") };\n');
    await using dev = project.start(["dev", "greet", "--port", "0"]);
    await dev.record(({ kind }) => kind === "listening");
    const processes = descendantsOf(dev.pid);
    const folder = /\0([^\0]*)\/runner\.json\0/.exec(processes.map(({ command }) => command).join("\0"))?.[1];
    assert.ok(processes.length > 3 && folder);
    dev.signal("SIGKILL");
    await until("all of them are gone", () => processes.every(({ pid }) => isGone(pid)));
    rmSync(folder, { recursive: true });
  });

  it("refuses what it cannot serve, each with a remedy", async () => {
    using project = new TestProject();
    project.write("functions/greet.ts", 'import "node:fs";\nexport default { fetch: () => new Response("") };\n');
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const { port } = taken.address() as AddressInfo;
    for (const [args, code, says] of [
      [["greet"], 1, /functions\/greet\.ts:1:\d+: .*node:fs/],
      [["gret"], 2, /there is no function "gret"\. Did you mean greet\?/],
      [["greet", "--region", "eu-centrl-1"], 2, /Did you mean eu-central-1\?/],
      [["greet", "--country", "Germany"], 2, /two letters/],
      [["greet", "--latency", "80"], 2, /80ms/],
      [["greet", "--port", "70000"], 2, /0 to 65535/],
      [["greet", "--inspect"], 2, /a debugger cannot be offered/],
    ] as const) {
      const ended = await project.edge(["dev", ...args]);
      assert.equal(ended.code, code, args.join(" "));
      assert.match(ended.stderr, says);
    }
    project.write("functions/greet.ts", 'export default { fetch: () => new Response("") };\n');
    const ended = await project.edge(["dev", "greet", "--port", `${port}`]);
    taken.close();
    assert.equal(ended.code, 2);
    assert.match(ended.stderr, new RegExp(`--port ${port}: something else listens there`));
  });
});
