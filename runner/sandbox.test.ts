import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import { listenOnSocket, WORKER_SOCKET_MODE } from "./protocol/listen.ts";
import { bundles } from "./supervisor/bundles.ts";
import { Sandbox } from "./supervisor/sandbox/detect.ts";

const run = promisify(execFile);
const MB = 1024 * 1024;

/** What somebody tries who has got out of the isolate and of Node's own rules, as JavaScript that tells what came of it. */
const TRIES: Readonly<Record<string, string>> = {
  tcp: `await new Promise((r) => net.connect(80, "93.184.216.34").on("error", (e) => r(e.code)).on("connect", () => r("done")))`,
  udp: `await new Promise((r) => { const s = dgram.createSocket("udp4"); s.on("error", (e) => r(e.code)); s.bind(0, () => r("done")); })`,
  ownSocket: `await new Promise((r) => net.connect(process.argv[2] + "/r.sock").on("error", (e) => r(e.code)).on("connect", () => r("done")))`,
  neighbourSocket: `await new Promise((r) => net.connect(process.argv[2].replace("w0", "w1") + "/r.sock").on("error", (e) => r(e.code)).on("connect", () => r("done")))`,
  users: `fs.readFileSync("/etc/passwd", "utf8") && "done"`,
  write: `fs.writeFileSync(process.argv[2] + "/x", "x") ?? "done"`,
  writeTemporary: `fs.writeFileSync("/tmp/edge-x", "x") ?? "done"`,
  child: `await new Promise((r) => cp.spawn(process.execPath, ["-v"]).on("error", (e) => r(e.code)).on("exit", (code) => r(code === 0 ? "done" : "ended")))`,
  seeOutside: `process.kill(Number(process.argv[3]), 0) && "done"`,
  environment: `JSON.stringify(Object.keys(process.env).filter((name) => name !== "PWD"))`,
};
const SCRIPT = `import fs from "node:fs"; import net from "node:net"; import dgram from "node:dgram"; import cp from "node:child_process";
const came = {};
${Object.entries(TRIES)
  .map(
    ([name, code]) => `try { came.${name} = ${code}; } catch (error) { came.${name} = error.code ?? error.message; }`,
  )
  .join("\n")}
console.log(JSON.stringify(came)); process.exit();`;

describe("the sandbox of this machine", { skip: process.platform === "linux" ? false : "Linux alone has it" }, () => {
  const dir = mkdtempSync(join(tmpdir(), "edge-sandbox-"));
  const servers: Server[] = [];
  let sandbox: Sandbox;
  let came: Readonly<Record<string, string>>;

  before(async () => {
    for (const slot of ["w0", "w1"]) {
      mkdirSync(join(dir, slot), { mode: 0o710 });
      const server = createServer((socket) => socket.destroy());
      await listenOnSocket(server, join(dir, slot, "r.sock"), WORKER_SOCKET_MODE);
      servers.push(server);
    }
    const scripts = await bundles(dir);
    sandbox = await Sandbox.detect({
      runDir: dir,
      slotFolder: join(dir, "w0"),
      cacheDir: dir,
      rssLimitBytes: 256 * MB,
      probeScript: scripts.probe,
    });
    const script = join(dir, "tries.mjs");
    writeFileSync(script, SCRIPT, { mode: 0o644 });
    // Without Node's permission model: what holds here holds when that is broken.
    const [program = "", ...args] = sandbox
      .command({ slot: 0, folder: join(dir, "w0"), script, nodeArgs: [] })
      .filter((word) => !/^--(permission|allow-)/.test(word));
    args.push(join(dir, "w0"), `${process.pid}`);
    const { stdout } = await run(program, args, { env: {}, timeout: 20_000 });
    came = JSON.parse(stdout);
  });
  after(() => {
    sandbox?.remove();
    for (const server of servers) server.close();
    rmSync(dir, { recursive: true, force: true });
  });

  it("lets a worker reach its own sockets, without an environment", () => {
    assert.equal(came.ownSocket, "done");
    assert.equal(came.environment, "[]");
  });

  it("does what each layer that it reports promises", () => {
    const held: Readonly<Record<string, readonly string[]>> = {
      network: ["tcp"],
      seccomp: ["udp", "child"],
      files: ["users", "write", "writeTemporary"],
      processes: ["seeOutside"],
      user: ["neighbourSocket"],
    };
    for (const [layer, tries] of Object.entries(held)) {
      if (!sandbox.layers[layer]) continue;
      for (const name of tries) assert.notEqual(came[name], "done", `${layer}: ${name}`);
    }
  });

  const isRootWithBwrap = process.getuid?.() === 0 && existsSync("/usr/bin/bwrap");
  it("has every layer for root where bubblewrap is installed", { skip: isRootWithBwrap ? false : "not here" }, () => {
    const { memory: _, ...layers } = sandbox.layers;
    assert.deepEqual(
      Object.entries(layers).filter(([, on]) => !on),
      [],
      sandbox.failures.join("\n"),
    );
  });
});
