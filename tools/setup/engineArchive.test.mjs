// @ts-check
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { test } from "node:test";
import { checksumOf, fetchEngine } from "./engineArchive.mjs";
import { enginePrograms } from "./engineChoice.mjs";
import { fakeContext, scratchDir, writePrograms } from "./fakes.mjs";
import { Interrupted } from "./problem.mjs";

const file = "pulumi-v3.250.0-linux-x64.tar.gz";

/**
 * A server with an archive like the vendor's, and where to put what is in it.
 * @param {import("node:test").TestContext} t
 * @param {{ programs?: string[], damage?: boolean }} [options]
 */
async function vendor(t, { programs = enginePrograms, damage = false } = {}) {
  const dir = scratchDir(t);
  mkdirSync(join(dir, "pulumi"));
  mkdirSync(join(dir, "into"));
  writePrograms(join(dir, "pulumi"), Object.fromEntries(programs.map((name) => [name, `echo ${name}`])));
  execFileSync("tar", ["-czf", join(dir, file), "-C", dir, "pulumi"]);
  const archive = readFileSync(join(dir, file));
  const sum = createHash("sha256").update(archive).digest("hex");
  if (damage) archive[archive.length - 1] = (archive.at(-1) ?? 0) ^ 1;
  const server = createServer((request, response) => {
    if (request.url === "/sums") response.end(`${"0".repeat(64)}  other.tar.gz\n${sum}  ${file}\n`);
    else if (request.url === `/${file}`) response.end(archive);
    else if (request.url === "/never") response.flushHeaders();
    else response.writeHead(404).end();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const base = `http://127.0.0.1:${/** @type {import("node:net").AddressInfo} */ (server.address()).port}`;
  return {
    base,
    server,
    into: join(dir, "into"),
    archive: { file, url: `${base}/${file}`, checksumsUrl: `${base}/sums` },
  };
}

test("unpacks the engine's programs of an archive that matches its checksum", async (t) => {
  const { archive, into } = await vendor(t);
  await fetchEngine(archive, into, fakeContext({ env: {} }));
  for (const name of enginePrograms) assert.equal(execFileSync(join(into, name), { encoding: "utf8" }), `${name}\n`);
});

test("refuses an archive with one bit changed, and unpacks nothing", async (t) => {
  const { archive, into } = await vendor(t, { damage: true });
  await assert.rejects(
    fetchEngine(archive, into, fakeContext({ env: {} })),
    /has the SHA-256 [0-9a-f]{64}, but .* says [0-9a-f]{64}/,
  );
});

test("an archive without the language host is refused by name", async (t) => {
  const { archive, into } = await vendor(t, { programs: ["pulumi"] });
  await assert.rejects(fetchEngine(archive, into, fakeContext({ env: {} })), /holds no pulumi-language-nodejs/);
});

test("what the server refuses is told with its address and status", async (t) => {
  const { archive, into, base } = await vendor(t);
  await assert.rejects(
    fetchEngine({ ...archive, checksumsUrl: `${base}/none` }, into, fakeContext({ env: {} })),
    /\/none answered with status 404/,
  );
});

test("a server that nobody runs is a short reason, not a stack", async (t) => {
  const { archive, into, server } = await vendor(t);
  server.close();
  await assert.rejects(
    fetchEngine(archive, into, fakeContext({ env: {} })),
    /^Error: connect ECONNREFUSED 127\.0\.0\.1/,
  );
});

test("a server that accepts and stays silent is given up, at once when interrupted", async (t) => {
  const { archive, into, base } = await vendor(t);
  const silent = { ...archive, checksumsUrl: `${base}/never` };
  const stop = new AbortController();
  const interrupted = fetchEngine(silent, into, fakeContext({ env: {}, signal: stop.signal }));
  setImmediate(() => stop.abort());
  await assert.rejects(interrupted, Interrupted);
  await assert.rejects(fetchEngine(silent, into, fakeContext({ env: {} })), /sent nothing for 4 s/);
});

test("a checksum list without this file, or with something else in its place, is an error", () => {
  assert.throws(() => checksumOf(file, `${"a".repeat(64)}  other.tar.gz\n`), /no SHA-256 for pulumi-v3/);
  assert.throws(() => checksumOf(file, `<html>  ${file}\n`), /no SHA-256 for pulumi-v3/);
  assert.equal(checksumOf(file, `${"a".repeat(64)}  ${file}\n`), "a".repeat(64));
});
