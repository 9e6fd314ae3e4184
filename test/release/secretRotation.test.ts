/** Secrets by reference on a real node: an agent that fetches them, a runner that gets them, and what changes without a deploy. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { AgentConfig } from "../../runner/agent/config.ts";
import { BARE_AGENT } from "../../runner/agent/configFixture.ts";
import { openSecretStore } from "../../runner/agent/secrets/openSecretStore.ts";
import { functionOf, publishRelease } from "../../runner/release/fixtures.ts";
import { FolderStore } from "../../runner/release/folderStore.ts";
import { functionVersion } from "../../runner/release/manifest.ts";
import { TestRunner, until } from "../../runner/runnerFixture.ts";
import { REGION } from "./moto.ts";
import { s3Fixture } from "./s3Fixture.ts";

const KEYED = "export default { fetch: (request, env) => new Response([...env.KEY].reverse().join('')) };";
const reversed = (value: string) => [...value].reverse().join("");

const { home } = s3Fixture({ hasSecrets: true });
const runner = new TestRunner({ workers: 1 });
const sealedFolder = join(runner.dir, "sealed");
const releases = new FolderStore(join(runner.dir, "store"));
const output: string[] = [];
let agent = { kill: async () => {} };

const storeOf = (kind: "ssm:/prod" | "secretsmanager:") =>
  openSecretStore(`${kind}?region=${REGION}&endpoint=${encodeURIComponent(home.endpoint)}`);

function startAgent(): typeof agent {
  const { node, region, releasesDir, control, secretsDir } = runner.config;
  const config: AgentConfig = {
    ...BARE_AGENT,
    node,
    region,
    releasesDir,
    control,
    pollMs: 50,
    secrets: {
      folder: secretsDir,
      sealed: { folder: sealedFolder, keyFile: `${sealedFolder}.key` },
      aws: { region: REGION, endpoint: home.endpoint, prefix: "" },
      always: [],
    },
    store: { address: `file:${releases.where}`, replicas: [] },
  };
  const file = join(runner.dir, "agent.json");
  writeFileSync(file, JSON.stringify(config));
  const main = join(import.meta.dirname, "../../runner/agent/main.ts");
  const child = spawn(process.execPath, [main, file], { stdio: ["ignore", "pipe", "inherit"] });
  child.stdout.on("data", (text) => output.push(String(text)));
  const ended = once(child, "exit");
  return {
    async kill() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

async function deploy(secrets: Readonly<Record<string, string>>): Promise<void> {
  const made = Object.entries(secrets).map(([name, secret]) => {
    const { manifest, bytes } = functionOf(name, KEYED);
    const content = { ...manifest, secrets: { KEY: secret } };
    return { manifest: { ...content, version: functionVersion(content) }, bytes };
  });
  await publishRelease(releases, {
    functions: made.map(({ manifest }) => manifest),
    modules: () => made[0]?.bytes as Buffer,
    createdBy: "test",
    reason: "test",
  });
}

const answersOf = async (name: string, value: string) => {
  let answer = "";
  await until(`${name} has its value`, async () => {
    const { status, headers, body } = await runner.fetch(`/${name}/`);
    answer = `${status} ${headers["x-edge-error"] ?? ""} ${body}`;
    return body === reversed(value);
  }).catch((error) => assert.fail(`${error.message}: ${answer}`));
};

describe("secrets by reference", () => {
  before(async () => {
    mkdirSync(releases.where);
    await runner.start();
  });
  after(async () => {
    await agent.kill();
    await runner[Symbol.asyncDispose]();
  });

  test("come from the fleet's sealed ones, Parameter Store, Secrets Manager and files, and hold up no other function", async () => {
    const sealed = await openSecretStore(`local:${sealedFolder}`);
    const functions = {
      sealed: await sealed.set("key", "hunter2-sealed\n"),
      parameter: await (await storeOf("ssm:/prod")).set("key", "hunter2-parameter"),
      managed: `${await (await storeOf("secretsmanager:")).set("keys", '{"api": "hunter2-managed"}')}#api`,
      file: "file-key",
      wanting: "ssm:/prod/none",
    };
    runner.writeSecret("file-key", "hunter2-file");
    await deploy(functions);
    agent = startAgent();
    await answersOf("sealed", "hunter2-sealed\n");
    await answersOf("parameter", "hunter2-parameter");
    await answersOf("managed", "hunter2-managed");
    await answersOf("file", "hunter2-file");
    const refused = await runner.fetch("/wanting/");
    assert.equal(refused.status, 503);
    assert.equal(refused.headers["x-edge-error"], "ERR_SECRET_UNAVAILABLE");
    const said = async () => (await releases.readAcks()).get(runner.config.node)?.functions.wanting;
    await until("the ack says so", async () => (await said())?.status === "refused");
    assert.match((await said())?.reason ?? "", /the secret ssm:\/prod\/none \(KEY of wanting\)/);
    assert.match(output.join(""), /"ssm:\/prod\/none: there is no such parameter; set it in this region"/);
  });

  test("are files of the node's user alone", () => {
    const files = readdirSync(runner.config.secretsDir);
    assert.equal(files.length, 4);
    for (const file of files) assert.equal(statSync(join(runner.config.secretsDir, file)).mode & 0o777, 0o600, file);
  });

  test("reach functions without a deploy when they change, sealed or in files", async () => {
    await (await openSecretStore(`local:${sealedFolder}`)).set("key", "hunter2-sealed-anew");
    await answersOf("sealed", "hunter2-sealed-anew");
    runner.writeSecret("file-key", "hunter2-file-anew");
    await answersOf("file", "hunter2-file-anew");
    await answersOf("parameter", "hunter2-parameter");
    assert.equal((await releases.readCurrent())?.current.generation, 1, "nobody deployed");
  });

  test("are fetched anew by an agent that starts, also those that were missing", async () => {
    await agent.kill();
    const parameters = await storeOf("ssm:/prod");
    await parameters.set("key", "hunter2-parameter-anew");
    await parameters.set("none", "hunter2-there-now");
    agent = startAgent();
    await answersOf("parameter", "hunter2-parameter-anew");
    await answersOf("wanting", "hunter2-there-now");
  });

  test("stay as they are while AWS is away or refuses, over a restart of the agent too", async () => {
    await agent.kill();
    home.fault = () => ({ kind: "status", status: 400, code: "AccessDeniedException" });
    agent = startAgent();
    await until("it was refused", () => output.join("").includes("AccessDeniedException"));
    await answersOf("parameter", "hunter2-parameter-anew");
    home.fault = () => null;
  });

  test("are in no log, release, ack or state", () => {
    const { secretsDir } = runner.config;
    for (const text of [output.join(""), JSON.stringify(runner.lines)]) assert.doesNotMatch(text, /hunter2/);
    for (const file of readdirSync(runner.dir, { recursive: true, withFileTypes: true })) {
      const path = join(file.parentPath, file.name);
      if (!file.isFile() || path.startsWith(secretsDir)) continue;
      assert.doesNotMatch(readFileSync(path, "latin1"), /hunter2/, path);
    }
  });
});
