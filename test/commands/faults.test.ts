import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { after, afterEach, describe, it } from "node:test";
import { Checkout } from "../checkout.ts";
import { until } from "../client.ts";
import { listenersOn, processesOf } from "../leftovers.ts";

const BLOCK = 27;
const checkout = new Checkout(BLOCK, { installed: true });
/** Mounting is root's alone. */
const asRoot = process.getuid?.() !== 0 && "needs root";
const config = fs.readFileSync(checkout.configFile, "utf8");

after(() => checkout.dispose());
afterEach(() => {
  fs.writeFileSync(checkout.configFile, config);
  assert.deepEqual(
    processesOf(`nodes/`).filter((line) => line.includes(checkout.dir)),
    [],
    "something half-started stays",
  );
});

describe("a config that is wrong", () => {
  const cases: Readonly<Record<string, { edit: (text: string) => string; says: readonly RegExp[] }>> = {
    "has an unknown key": {
      edit: (text) => text.replace("edge-fleet:domain:", "edge-fleet:domian:"),
      says: [/edge-fleet:domian/, /domain/],
    },
    "has a region that AWS has not": {
      edit: (text) => text.replace("eu-central-1:", "eu-centrl-1:"),
      says: [/eu-centrl-1/, /eu-central-1/],
    },
    "gives two ports of one address the same number": {
      edit: (text) => text.replace("http: 8080", "http: 8443"),
      says: [/ports\.http/, /ports\.https/, /8443/],
    },
    "gives two regions the same address": {
      edit: (text) => text.replace(`127.0.${BLOCK}.2`, `127.0.${BLOCK}.1`),
      says: [/eu-central-1/, /ap-northeast-1/, new RegExp(`127.0.${BLOCK}.1`)],
    },
    "binds an address that others could reach": {
      edit: (text) => text.replace(`address: 127.0.${BLOCK}.3`, "address: 0.0.0.0"),
      says: [/us-east-1/, /0\.0\.0\.0/, /loopback/],
    },
    "grants more than a limit's ceiling": {
      edit: (text) =>
        text.replace("edge-fleet:functions:", "edge-fleet:functions:\n    hello: {limits: {heapMb: 4096}}"),
      says: [/hello/, /heapMb/, /4096/, /128/],
    },
  };

  for (const [what, { edit, says }] of Object.entries(cases)) {
    it(`is refused before anything starts, naming the key, when it ${what}`, async () => {
      checkout.editConfig(edit);
      const { code, output } = await checkout.npm("start");
      assert.notEqual(code, 0, output);
      for (const pattern of says) assert.match(output, pattern);
      assert.doesNotMatch(output, /\n\s+at .*\.ts:/, "a stack trace is no message");
    });
  }
});

describe("a function that throws when it starts", () => {
  it("is refused in the preview with its place and reason, and nothing starts", async () => {
    const hello = fs.readFileSync(path.join(checkout.dir, "functions/hello.ts"), "utf8");
    checkout.editFile("functions/hello.ts", (text) => `${text}\nthrow new Error("no luck today");\n`);
    const { code, output } = await checkout.npm("start");
    checkout.editFile("functions/hello.ts", () => hello);
    assert.notEqual(code, 0, output);
    assert.match(output, /functions\/hello\.ts:\d+:\d+: it cannot start: Error: no luck today/);
    assert.doesNotMatch(output, /Updating/);
    assert.deepEqual(listenersOn(`127.0.${BLOCK}.`), []);
  });
});

describe("a machine that is not as it should be", () => {
  it("refuses a port that another program holds, naming the key, before anything starts", async () => {
    const server = net.createServer().listen({ host: checkout.address("us-east-1"), port: checkout.ports.https });
    await new Promise((resolve) => server.once("listening", resolve));
    try {
      const { code, output } = await checkout.npm("start");
      assert.notEqual(code, 0, output);
      assert.match(output, new RegExp(`${checkout.address("us-east-1")}:${checkout.ports.https} is taken`));
      assert.match(output, /edge-fleet:local\.ports\.https/);
      assert.deepEqual(listenersOn(`127.0.${BLOCK}.`), [
        `tcp ${checkout.address("us-east-1")}:${checkout.ports.https}`,
      ]);
    } finally {
      server.close();
    }
  });

  it("names a program that is missing, and what to do", { skip: asRoot }, async () => {
    // Hidden in a mount namespace of its own: apt holds the package for installed, so set-up cannot bring it back.
    const hidden = "mount --bind /dev/null /usr/sbin/varnishd && exec npm start";
    const { code, output } = await checkout.run("unshare", ["--mount", "bash", "-c", hidden]);
    assert.notEqual(code, 0, output);
    assert.match(output, /still missing: varnishd/);
    assert.match(output, /what to do: .*apt-get install --reinstall/);
    assert.deepEqual(listenersOn(`127.0.${BLOCK}.`), []);
  });

  it("refuses a state folder that is full, naming it and the remedy", { skip: asRoot }, async () => {
    const full = fs.mkdtempSync(path.join(os.tmpdir(), "edge-full-"));
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=8m", "tmpfs", full]);
    try {
      const { code, output } = await checkout.run("npm", ["start"], { EDGE_STATE_DIR: full });
      assert.notEqual(code, 0, output);
      assert.match(output, /MB free/);
      assert.match(output, /EDGE_STATE_DIR/);
      assert.deepEqual(listenersOn(`127.0.${BLOCK}.`), []);
    } finally {
      execFileSync("umount", [full]);
      fs.rmdirSync(full);
    }
  });

  it("refuses a state folder whose path is too long for sockets", async () => {
    const long = path.join(os.tmpdir(), "a-folder-with-a-long-name-".repeat(4), "state");
    const { code, output } = await checkout.run("npm", ["start"], { EDGE_STATE_DIR: long });
    assert.notEqual(code, 0, output);
    assert.match(output, /too long for UNIX sockets/);
    fs.rmSync(path.join(os.tmpdir(), "a-folder-with-a-long-name-".repeat(4)), { recursive: true, force: true });
  });

  it("goes on after an up that was killed in the middle", async () => {
    const killed = checkout.npm("start");
    await until("nodes are being started", 60_000, async () =>
      fs.existsSync(path.join(checkout.nodeDir("us-east-1"), "run/manager.sock")),
    );
    for (const line of processesOf(checkout.dir).filter((text) => !text.includes("manager/main.ts"))) {
      if (/pulumi|tools\/start/.test(line)) process.kill(Number.parseInt(line, 10), "SIGKILL");
    }
    assert.notEqual((await killed).code, 0);
    const { code, output } = await checkout.npm("start");
    assert.equal(code, 0, output);
    const stop = await checkout.npm("stop");
    assert.equal(stop.code, 0, stop.output);
  });
});
